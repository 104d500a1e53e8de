"""ID-05, ID-09: no company loses its last administrator unnoticed, neither by people nor by the clock."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.companies.actions import last_administrator
from kolonne.portal.companies.actions.last_administrator import require_another
from kolonne.portal.companies.actions.people import _at, acting_over
from kolonne.portal.companies.models import Company, Kind, Membership, Role, Tenant
from kolonne.portal.companies.queries.people import WRITE
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.actions import life_cycle
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope

LAST = "life_cycle_last_administrator"


def run(user: User, days: range) -> list[tuple[int, str, int]]:
    """The job once a day: day, mail and the number of whoever gets it, in the order of queueing."""
    user.refresh_from_db()
    start = user.last_sign_in_at
    found: list[tuple[int, str, int]] = []
    for day in days:
        ProcrastinateJob.objects.all().delete()
        # Only this person's clock is meant; everybody else was here a moment ago.
        User.objects.exclude(pk=user.pk).update(last_sign_in_at=start + timedelta(days=day))
        life_cycle.advance(now=start + timedelta(days=day, minutes=1))
        jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail").order_by("pk")
        found += [(day, job.args["mail"], job.args["user_id"]) for job in jobs]
    user.refresh_from_db()
    return found


@pytest.fixture
def dealer(db: None) -> Company:
    tenant = Tenant.objects.create(kind=Kind.DEALER, market_id="no")
    with company_scope([tenant.pk]):
        return Company.objects.create(company=tenant, name="Vestbil AS")


@pytest.fixture
def partner(ours: House, dealer: Company) -> User:
    """Administrator of the dealer that looks after our company."""
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(partner=dealer.pk)
    user = person("petra")
    with company_scope([dealer.pk]):
        Membership.objects.create(company=dealer, user=user, roles=[Role.ADMINISTRATOR])
    return user


@pytest.mark.django_db
def test_dealer_and_market_administrator_are_told_first_and_have_time_to_act(
    alice: User, partner: User, nora: User, bob: User
) -> None:
    mails = run(alice, range(98))
    told = [(day, mail, to) for day, mail, to in mails if mail == LAST]
    assert told == [(60, LAST, partner.pk), (60, LAST, nora.pk), (90, LAST, partner.pk), (90, LAST, nora.pk)]
    assert mails[:3] == [*told[:2], (60, "life_cycle_warned", alice.pk)]  # the others first
    assert mails[-1] == (97, "life_cycle_locked", alice.pk)
    assert alice.state == State.LOCKED


@pytest.mark.django_db
def test_nobody_is_told_of_an_administrator_who_is_not_the_last(alice: User, ours: House, nora: User) -> None:
    second = person("anna", ours, Role.ADMINISTRATOR)
    mails = run(alice, range(91))
    assert mails == [(60, "life_cycle_warned", alice.pk), (90, "life_cycle_locked", alice.pk)]
    # Now the second one is the last.
    assert [mail for _, mail, to in run(second, range(60, 62)) if to == nora.pk] == [LAST]


@pytest.mark.django_db
def test_whoever_becomes_the_last_after_the_warning_is_not_locked_before_others_had_their_time(
    alice: User, ours: House, nora: User
) -> None:
    second = person("anna", ours, Role.ADMINISTRATOR)
    run(alice, range(70))
    User.objects.filter(pk=second.pk).update(state=State.BLOCKED)
    assert run(alice, range(70, 98)) == [(90, LAST, nora.pk), (97, "life_cycle_locked", alice.pk)]


@pytest.mark.django_db
def test_the_deletion_of_the_last_administrator_is_told_and_waits_too(alice: User, nora: User) -> None:
    mails = run(alice, range(220))
    assert [day for day, mail, _ in mails if mail == LAST] == [60, 90, 157, 187]
    assert alice.state == State.DELETED
    assert [day for day, mail, _ in mails if mail != LAST] == [60, 97, 157]


@pytest.mark.django_db
def test_signing_in_ends_the_matter(alice: User, nora: User) -> None:
    run(alice, range(95))
    alice.last_sign_in_at += timedelta(days=95)
    anew = {"last_sign_in_at": alice.last_sign_in_at, "life_cycle_step": "", "life_cycle_at": None}
    User.objects.filter(pk=alice.pk).update(**anew)
    assert [(day, mail) for day, mail, _ in run(alice, range(62))] == [(60, LAST), (60, "life_cycle_warned")]


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.LOCKED, State.BLOCKED, State.INVITED])
def test_an_administrator_who_cannot_sign_in_is_no_second_one(alice: User, ours: House, state: State) -> None:
    second = person("anna", ours, Role.ADMINISTRATOR)
    require_another(SYSTEM, ours.company, alice)
    User.objects.filter(pk=second.pk).update(state=state)
    with pytest.raises(Conflict) as refusal:
        require_another(SYSTEM, ours.company, alice)
    assert refusal.value.code == "last_administrator"


@pytest.mark.django_db
def test_people_without_the_role_may_always_go(alice: User, bob: User, ours: House) -> None:
    require_another(SYSTEM, ours.company, bob)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Company]:
    """A company with two administrators that other connections see too, without any trace in the audit."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's own
        tenant = Tenant.objects.create(market_id="no")
        people = [User.objects.create(username=f"race{number}", market_id="no") for number in (1, 2)]
        with company_scope([tenant.pk]):
            company = Company.objects.create(company=tenant, name="Race AS")
            for one in people:
                Membership.objects.create(company=company, user=one, roles=[Role.ADMINISTRATOR])
        yield company
        # By hand: Django would look into tables that the application may not delete from.
        with company_scope([tenant.pk]), connection.cursor() as cursor:
            cursor.execute("DELETE FROM companies_membership WHERE company_id = %s", [tenant.pk])
            cursor.execute("DELETE FROM companies_company WHERE company_id = %s", [tenant.pk])
            cursor.execute("DELETE FROM companies_tenant WHERE id = %s", [tenant.pk])
            cursor.execute("DELETE FROM identity_user WHERE username LIKE 'race%%'", [])
        connection.close()


def test_two_administrators_who_remove_each_other_leave_one(committed: Company) -> None:
    """On two connections: the second waits for the first and is refused."""
    with company_scope([committed.pk]):
        first, second = [member.user for member in Membership.objects.select_related("user").order_by("pk")]
    outcome: list[str] = []

    def other_side() -> None:
        try:
            with transaction.atomic():
                require_another(SYSTEM, committed, first)
                outcome.append("removed")
        except Conflict as refusal:
            outcome.append(refusal.code)
        finally:
            connection.close()

    thread = threading.Thread(target=other_side)
    with transaction.atomic():
        require_another(SYSTEM, committed, second)
        thread.start()
        thread.join(0.5)
        assert outcome == []  # it waits
        User.objects.filter(pk=second.pk).update(state=State.BLOCKED)
    thread.join(10)
    assert outcome == ["last_administrator"]


def test_two_who_act_on_one_person_wait_for_each_other(committed: Company) -> None:
    """On two connections: otherwise two organisations could each leave the person to the other."""
    with company_scope([committed.pk]):
        membership = Membership.objects.select_related("user").order_by("pk")[0]
    outcome: list[str] = []

    def other_side() -> None:
        try:
            with transaction.atomic(), acting_over(SYSTEM, membership.user, WRITE):
                outcome.append("acted")
        finally:
            connection.close()

    thread = threading.Thread(target=other_side)
    with transaction.atomic(), _at(SYSTEM, membership):
        thread.start()
        thread.join(0.5)
        assert outcome == []  # it waits
    thread.join(10)
    assert outcome == ["acted"]


def test_the_time_to_act_is_a_week() -> None:
    assert timedelta(days=7) == last_administrator.TIME_TO_ACT
