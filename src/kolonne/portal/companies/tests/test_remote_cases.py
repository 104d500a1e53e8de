"""VE-05: a check from afar needs two people who find the same, and is renewed."""

from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.companies.actions.desk import REMOTE_VALID, reject_proposal
from kolonne.portal.companies.actions.erasure import forget_checks
from kolonne.portal.companies.actions.verification import end_lapsed
from kolonne.portal.companies.findings import Finding
from kolonne.portal.companies.gate import blocked
from kolonne.portal.companies.models import Company, Role, VerificationCase
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.desk import get_case_for
from kolonne.portal.companies.queries.verification import progress_of
from kolonne.portal.companies.tests import desk
from kolonne.portal.companies.tests.desk import case_of, decide, fresh, opened
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
NO = Finding(verified=False, reason="The extract is too old")


@pytest.fixture
def dealer(db: None) -> Company:
    return desk.a_dealer("Bergen Varebil AS")


@pytest.fixture
def dagny(dealer: Company) -> Actor:
    return actor_of(person("dagny", dealer, Role.DEALER_EMPLOYEE))


@pytest.fixture
def remote(ours: House, alice: User, dagny: Actor) -> VerificationCase:
    return opened(dagny, case_of(alice, desk.unverify(ours.company), is_remote=True))


def test_from_afar_two_people_have_to_find_the_same(
    remote: VerificationCase, dagny: Actor, dealer: Company, ours: House, nora: User
) -> None:
    with pytest.raises(NotFound):
        get_case_for(actor_of(nora), remote.pk)
    assert decide(dagny, remote).closed_at is None
    assert fresh(ours.company).verification == Verification.UNVERIFIED
    with pytest.raises(Conflict) as refused:
        decide(dagny, remote)
    assert refused.value.code == "same_person"
    second = actor_of(person("stine", dealer, Role.DEALER_EMPLOYEE))
    with pytest.raises(Conflict) as refused:
        decide(second, remote, company=NO)
    assert refused.value.code == "other_findings"
    decided = decide(second, remote)
    assert decided.evidence.count("Video call") == 2
    assert decided.renew_by
    assert decided.proposed_by_id == dagny.user_id
    assert fresh(ours.company).verification == Verification.VERIFIED


def test_the_markets_administrator_can_be_the_second_person_and_reject(
    remote: VerificationCase, dagny: Actor, ours: House, nora: User, greta: User
) -> None:
    decide(dagny, remote)
    with pytest.raises(NotFound):
        get_case_for(actor_of(greta), remote.pk)
    reject_proposal(actor=actor_of(nora), case=get_case_for(actor_of(nora), remote.pk).case)
    with pytest.raises(Conflict):
        reject_proposal(actor=dagny, case=get_case_for(dagny, remote.pk).case)
    decide(dagny, remote)
    decide(actor_of(nora), remote)
    assert fresh(ours.company).verification == Verification.VERIFIED


def test_a_check_from_afar_is_to_be_renewed(remote: VerificationCase, dagny: Actor, nora: User, alice: User) -> None:
    decide(dagny, remote)
    decide(actor_of(nora), remote)
    company = fresh(remote.company)
    assert progress_of(actor_of(alice), company).is_done
    with company_scope([company.pk]):
        Company.objects.filter(pk=company.pk).update(verified_until=timezone.now())
    company = fresh(company)
    progress = progress_of(actor_of(alice), company)
    assert progress.renew
    assert not progress.is_done
    again = opened(dagny, case_of(alice, company))
    assert get_case_for(dagny, again.pk).asks_company
    decide(dagny, again)
    assert progress_of(actor_of(alice), fresh(company)).is_done


def test_a_check_from_afar_that_was_not_renewed_ends(
    remote: VerificationCase, dagny: Actor, nora: User, alice: User
) -> None:
    decide(dagny, remote)
    decide(actor_of(nora), remote)
    forget_checks(SYSTEM, alice)  # whoever is erased takes the case along, and not its end
    job, almost = Actor.system("checks-from-afar"), timezone.now() + REMOTE_VALID - timedelta(minutes=1)
    assert end_lapsed(actor=job, now=almost) == 0
    later = almost + timedelta(minutes=2)
    assert end_lapsed(actor=job, now=later) == 1
    assert end_lapsed(actor=job, now=later) == 0
    assert fresh(remote.company).verification == Verification.UNVERIFIED
    assert blocked(actor_of(alice), fresh(remote.company)) is not None
    assert ProcrastinateJob.objects.filter(args__mail="check_lapsed", args__user_id=alice.pk).count() == 1
    decide(dagny, opened(dagny, case_of(alice, fresh(remote.company))))
    assert end_lapsed(actor=job, now=later) == 0
    assert fresh(remote.company).verification == Verification.VERIFIED


def test_a_remote_case_needs_words_about_what_was_seen(remote: VerificationCase, dagny: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        decide(dagny, remote, evidence=" ")
    assert "evidence" in refused.value.errors
