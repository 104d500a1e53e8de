"""CO-07, PR-05: a company is deleted; at once nothing of the fleet opens, contracts end on their day, all is erased."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.commands.models import Command
from kolonne.portal.commerce.models import Assignment, Contract, Order, Profile
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.actions import closing, leaving
from kolonne.portal.companies.models import Company, Invitation, Leaving, Recovery, Role, Tenant, VerificationCase
from kolonne.portal.companies.queries import actor_of, authenticate_api_key
from kolonne.portal.companies.queries.leaving import consequences, contracts_end
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.actor import ActingFor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.tests.leaving_cast import ENDS_AT, ORDERED_AT, fill
from kolonne.portal.vehicles.models import Module
from kolonne.portal.vehicles.queries import companies_with_vans

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(ours: House, alice: User) -> str:
    return fill(ours, alice)


def order(alice: User, house: House, now: datetime = ORDERED_AT) -> Leaving:
    return leaving.order_deletion(actor=actor_of(alice), company=house.company, typed_name=house.company.name, now=now)


@pytest.fixture
def ordered(token: str, alice: User, ours: House) -> Iterator[Leaving]:
    with company_scope(ours.scope):
        yield order(alice, ours)


def test_people_and_keys_open_nothing_of_the_fleet_at_once(
    token: str, alice: User, bob: User, dora: User, ours: House, signed_in: Callable[[User], Client]
) -> None:
    program = Client(headers={"Authorization": f"Bearer {token}"})
    browser = signed_in(bob)
    assert browser.get("/vans/").status_code == 200
    assert program.get("/api/v1/vehicles").status_code == 200
    order(alice, ours)
    for user in (alice, bob, dora):
        assert companies_with_vans(actor_of(user)) == []
        assert all(right.startswith("companies.") for right in actor_of(user).rights[ours.company.pk])
    assert actor_of(bob).rights[ours.company.pk] == {"companies.company:read", "companies.member:read"}
    assert browser.get("/vans/").status_code in {302, 403}
    assert browser.get(f"/vans/{ours.vehicle.pk}/").status_code in {302, 403}
    assert program.get("/api/v1/vehicles").status_code == 403
    holder = authenticate_api_key(token)
    assert holder is not None
    assert not holder.scopes
    assert not holder.actor.rights[ours.company.pk]


def test_services_are_off_modules_are_cut_off_and_what_waited_is_stopped(ordered: Leaving, ours: House) -> None:
    company = ours.company
    assert not Assignment.objects.filter(company=company, ended_at=None).exists()
    profile = Profile.objects.get(vehicle=ours.vehicle)
    assert (profile.signals, profile.commands) == ({}, [])
    assert Module.objects.get(pk=ours.module.pk).status == "revoked"
    assert Order.objects.get(company=company).state == "withdrawn"
    assert Contract.objects.get(company=company).state == "notice"
    command = Command.objects.get(company=company)
    assert (command.state, command.reason) == ("expired", "company_leaving")
    assert command.steps.last().state == "expired"  # type: ignore[union-attr]  # there is one
    assert Invitation.objects.get(company=company).revoked_at is not None
    assert VerificationCase.objects.get(company=company).closed_at is not None
    assert Recovery.objects.get(company=company).stopped_at is not None


def test_what_was_begun_in_the_same_second_is_ended_by_the_next_run(ordered: Leaving, ours: House) -> None:
    Assignment.objects.filter(company=ours.company).update(ended_at=None, state="active")
    closing.advance(actor=closing.ACTOR, now=ORDERED_AT + timedelta(hours=1))
    assert not Assignment.objects.filter(company=ours.company, ended_at=None).exists()


def test_everybody_inside_the_dealer_and_the_market_are_told(
    token: str, alice: User, bob: User, nora: User, ours: House
) -> None:
    order(alice, ours)
    jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail", args__mail__startswith="company_leaving")
    assert {(job.args["mail"], job.args["user_id"]) for job in jobs} == {
        ("company_leaving", alice.pk), ("company_leaving", bob.pk), ("company_leaving_told", nora.pk),
    }  # fmt: skip


@pytest.mark.parametrize("who", ["bob", "dora", "charlie", "nora"])
def test_only_the_companys_own_administrators_order_and_withdraw(
    who: str, ours: House, request: pytest.FixtureRequest
) -> None:
    actor = actor_of(request.getfixturevalue(who))
    with pytest.raises(NotAllowed):
        leaving.order_deletion(actor=actor, company=ours.company, typed_name=ours.company.name)
    with pytest.raises(NotAllowed):
        leaving.withdraw_deletion(actor=actor, company=ours.company)


def test_nobody_orders_it_in_anothers_name(alice: User, ours: House) -> None:
    acting = replace(actor_of(alice), acting_for=ActingFor(alice.pk, "Alice", 1))
    with pytest.raises(NotAllowed):
        leaving.order_deletion(actor=acting, company=ours.company, typed_name=ours.company.name)


def test_the_name_must_be_typed(alice: User, ours: House) -> None:
    with pytest.raises(Invalid):
        leaving.order_deletion(actor=actor_of(alice), company=ours.company, typed_name="Fjordbud")
    assert Tenant.objects.get(pk=ours.company.pk).leaving_since is None


def test_it_is_ordered_once(ordered: Leaving, alice: User, ours: House) -> None:
    with pytest.raises(Conflict):
        order(alice, ours)


@pytest.mark.parametrize(
    ("zone", "ordered_at", "ends"),
    [
        ("Europe/Oslo", "2027-03-20T09:30+01:00", "2027-04-03T00:00+02:00"),
        ("Europe/Oslo", "2027-03-14T23:59+01:00", "2027-03-28T00:00+01:00"),
        ("Europe/Oslo", "2027-03-15T00:00+01:00", "2027-03-29T00:00+02:00"),
        ("Europe/Oslo", "2027-10-20T12:00+02:00", "2027-11-03T00:00+01:00"),
        ("Pacific/Auckland", "2027-03-28T00:30+13:00", "2027-04-11T00:00+12:00"),
        ("America/New_York", "2027-02-28T23:30-05:00", "2027-03-14T00:00-05:00"),
    ],
)
def test_contracts_end_at_a_midnight_of_the_company(zone: str, ordered_at: str, ends: str) -> None:
    assert contracts_end(datetime.fromisoformat(ordered_at), zone) == datetime.fromisoformat(ends)


def test_contracts_end_on_day_14_and_neither_before_nor_after(ordered: Leaving, ours: House) -> None:
    """Day 0 is 20 March 2027; on the 28th the clocks go forward, so that these days have an hour less."""
    assert ordered.ends_at == ENDS_AT
    day = ORDERED_AT.astimezone(ZoneInfo("Europe/Oslo")).date()
    runs = [ORDERED_AT + timedelta(days=13), ENDS_AT - timedelta(seconds=1)]
    for now in runs:
        closing.advance(actor=closing.ACTOR, now=now)
        assert Contract.objects.get(company=ours.company).state == "notice"
        assert now.astimezone(ZoneInfo("Europe/Oslo")).date() == day + timedelta(days=13)
    assert closing._keep_silent(closing.ACTOR, ours.company.pk, ENDS_AT)
    assert ENDS_AT.astimezone(ZoneInfo("Europe/Oslo")).date() == day + timedelta(days=14)
    closing.advance(actor=closing.ACTOR, now=ENDS_AT)
    assert not Contract.objects.filter(company=ours.company).exists()
    assert Tenant.objects.get(pk=ours.company.pk).closed_at == ENDS_AT


def test_it_can_be_withdrawn_until_that_midnight(ordered: Leaving, alice: User, bob: User, ours: House) -> None:
    leaving.withdraw_deletion(actor=actor_of(alice), company=ours.company, now=ENDS_AT - timedelta(seconds=1))
    assert companies_with_vans(actor_of(bob)) == [ours.company.pk]
    assert Module.objects.get(pk=ours.module.pk).status == "revoked"  # what was ended stays ended
    assert not Leaving.objects.exists()
    order(alice, ours)
    with pytest.raises(Conflict):
        leaving.withdraw_deletion(actor=actor_of(alice), company=ours.company, now=ENDS_AT)
    closing.advance(actor=closing.ACTOR, now=ENDS_AT)
    alice.refresh_from_db()
    assert alice.state == State.DELETED


def test_who_came_in_time_but_waited_too_long_withdraws_nothing(ordered: Leaving, alice: User, ours: House) -> None:
    """CO-07: when the first contract has ended, all of them end."""
    Leaving.objects.filter(company=ours.company).update(steps=["end commerce"])
    with pytest.raises(Conflict):
        leaving.withdraw_deletion(actor=actor_of(alice), company=ours.company, now=ENDS_AT - timedelta(seconds=1))
    assert Leaving.objects.filter(company=ours.company).exists()


def test_the_page_of_consequences_counts_what_there_is(token: str, alice: User, bob: User, ours: House) -> None:
    with company_scope(ours.scope):
        found = consequences(ours.company)
    titles = {when: [one.title for one in some] for when, some in found.items()}
    assert {"1 van", "1 communication module", "2 services on vans", "1 open order", "2 people", "1 API key"} <= set(
        titles["at_once"]
    )
    assert titles["contracts_end"] == ["1 running contract"]


def test_closed_means_that_nobody_has_any_right(ordered: Leaving, alice: User, token: str, ours: House) -> None:
    closing.advance(actor=closing.ACTOR, now=ENDS_AT)
    assert not actor_of(alice).rights
    assert authenticate_api_key(token) is None
    company = Company.objects.get(pk=ours.company.pk)
    assert company.name == f"Company {company.pk}"
    gone = Leaving.objects.get(company=company)
    assert gone.erased_at == ENDS_AT
    assert gone.ordered_by == ""
    assert {"vans": 1, "modules": 1, "people": 1, "commands": 1, "contracts": 1}.items() <= gone.counts.items()


def test_whoever_belongs_elsewhere_keeps_the_account(ordered: Leaving, alice: User, ours: House, theirs: House) -> None:
    companies.add_member(actor=SYSTEM, company=theirs.company, user=alice, roles=[Role.FLEET_MANAGER])
    closing.advance(actor=closing.ACTOR, now=ENDS_AT)
    alice.refresh_from_db()
    assert alice.state == State.ACTIVE
    assert list(actor_of(alice).rights) == [theirs.company.pk]


def test_the_company_that_is_not_leaving_is_left_alone(ordered: Leaving, charlie: User, theirs: House) -> None:
    closing.advance(actor=closing.ACTOR, now=ENDS_AT)
    assert companies_with_vans(actor_of(charlie)) == [theirs.company.pk]
    with company_scope(theirs.scope):
        assert Contract.objects.get(company=theirs.company).state == "active"
        assert Module.objects.get(pk=theirs.module.pk).status == "active"


def test_nothing_of_a_company_that_runs_on_can_be_erased(ours: House) -> None:
    for call in (
        "SELECT commands_erase_company(%s, 10)", "SELECT vehicles_erase_company(%s, 10)",
        "SELECT telemetry.erase_company(%s, 10)",
    ):  # fmt: skip
        with company_scope(ours.scope), connection.cursor() as cursor:
            refused, savepoint = pytest.raises(IntegrityError), transaction.atomic()
            with refused, savepoint:
                cursor.execute(call, [ours.company.pk])
