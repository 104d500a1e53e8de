"""What a dishonest employee of a dealer cannot do to a customer (VE-04, VE-05, CO-10)."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.companies.actions.recovery import open_recovery
from kolonne.portal.companies.models import Company, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.tests import desk
from kolonne.portal.companies.tests.desk import case_of, decide, fresh, opened
from kolonne.portal.companies.tests.test_recovery import voucher
from kolonne.portal.conftest import House, person
from kolonne.portal.identity.models import State, User, Verification
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def dealer(ours: House) -> Company:
    """The partner of our company."""
    found = desk.a_dealer("Bergen Varebil AS")
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(partner=found.pk)
        ours.company.refresh_from_db()
    return found


@pytest.fixture
def dagny(dealer: Company) -> User:
    return person("dagny", dealer, Role.DEALER_EMPLOYEE)


@pytest.fixture
def orphaned(ours: House, alice: User) -> Company:
    User.objects.filter(pk=alice.pk).update(state=State.BLOCKED)
    return ours.company


def test_what_the_first_person_did_not_see_the_second_does_not_verify_alone(
    ours: House, alice: User, dagny: User, dealer: Company
) -> None:
    case = opened(actor_of(dagny), case_of(alice, desk.unverify(ours.company), is_remote=True))
    decide(actor_of(dagny), case)
    User.objects.filter(pk=alice.pk).update(last_name="Somebody Else")
    second = actor_of(person("stine", dealer, Role.DEALER_EMPLOYEE))
    assert decide(second, case).closed_at is None
    assert fresh(ours.company).verification == Verification.UNVERIFIED
    decide(actor_of(dagny), case)
    assert fresh(ours.company).verification == Verification.VERIFIED


def test_a_second_account_of_the_same_person_is_no_second_person(
    ours: House, alice: User, dagny: User, dealer: Company
) -> None:
    case = opened(actor_of(dagny), case_of(alice, desk.unverify(ours.company), is_remote=True))
    decide(actor_of(dagny), case)
    other = person("other", dealer, Role.DEALER_EMPLOYEE)
    User.objects.filter(pk=other.pk).update(first_name="DAGNY", last_name=dagny.last_name)
    with pytest.raises(Conflict) as refused:
        decide(actor_of(other), case)
    assert refused.value.code == "same_person"


def test_a_dealer_does_not_hand_a_company_to_his_own_people(orphaned: Company, dagny: User, dealer: Company) -> None:
    colleague = desk.born(person("stine", dealer, Role.DEALER_EMPLOYEE))
    with pytest.raises(Conflict) as refused:
        open_recovery(
            actor=actor_of(dagny), dealer_id=dealer.pk, company=orphaned, user=colleague, voucher=voucher(colleague)
        )
    assert refused.value.code == "own_people"


@pytest.mark.parametrize("state", [State.INVITED, State.LOCKED, State.BLOCKED])
def test_administrators_who_cannot_sign_in_learn_that_somebody_else_shall_administer(
    state: State, orphaned: Company, dagny: User, dealer: Company, alice: User, bob: User
) -> None:
    User.objects.filter(pk=alice.pk).update(state=state)
    desk.born(bob)
    open_recovery(actor=actor_of(dagny), dealer_id=dealer.pk, company=orphaned, user=bob, voucher=voucher(bob))
    told = ProcrastinateJob.objects.filter(task_name="identity.send_mail", args__mail="recovery_opened")
    assert alice.pk in told.values_list("args__user_id", flat=True)
