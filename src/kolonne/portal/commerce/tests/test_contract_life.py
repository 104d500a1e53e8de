"""PR-04, PR-05, PR-06, CO-02: the life of contracts, with the clock in the test's hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from kolonne.portal.commerce import actions
from kolonne.portal.commerce.actions import clock
from kolonne.portal.commerce.models import Assignment, Contract, ContractState, Order, Profile
from kolonne.portal.commerce.periods import end_of_months, last_day
from kolonne.portal.commerce.tests.test_orders import DEALER, place, set_verified
from kolonne.portal.companies import hooks
from kolonne.portal.companies.actions import closing, leaving
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.hooks import van_leaves

pytestmark = pytest.mark.django_db
OSLO = ZoneInfo("Europe/Oslo")
START = datetime(2026, 1, 31, 15, 0, tzinfo=OSLO)
DAY = timedelta(days=1)


def buy(house: House, *products: str, converts: bool = False, now: datetime = START) -> list[Assignment]:
    """The lines of an order that was completed then."""
    order = actions.place_order(
        actor=SYSTEM, company=house.company, wanted=products, vehicles=[house.vehicle], converts=converts
    )
    actions.accept_terms(actor=SYSTEM, order=order)
    done = actions.complete_order(actor=SYSTEM, order=order, now=now)
    return list(Assignment.objects.filter(contract=done.contract).order_by("pk"))


def go_to(now: datetime) -> None:
    for company in all_companies():
        clock.advance_company(actor=SYSTEM, company_id=company, now=now)


def ids(lines: list[Assignment]) -> list[int]:
    return [line.pk for line in lines]


def fresh(line: Assignment) -> Assignment:
    return Assignment.objects.select_related("contract").get(pk=line.pk)


def posted() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'mail' FROM procrastinate_jobs WHERE args->>'mail' LIKE ANY (%s) ORDER BY id",
                       [["trials_end_soon", "services_changed"]])  # fmt: skip
        return [row[0] for row in cursor.fetchall()]


def test_periods_are_whole_months_until_a_midnight_of_the_companys_clock() -> None:
    end = end_of_months(START, 1, "Europe/Oslo")
    assert end == datetime(2026, 3, 1, tzinfo=OSLO), "the last day of February is over"
    assert last_day(end, "Europe/Oslo") == date(2026, 2, 28)
    over_summer_time = end_of_months(datetime(2026, 3, 15, 23, 30, tzinfo=OSLO), 1, "Europe/Oslo")
    assert over_summer_time == datetime(2026, 4, 15, 22, tzinfo=UTC)
    assert end_of_months(START, 0, "Europe/Oslo") == datetime(2026, 2, 1, tzinfo=OSLO)


def test_from_order_to_the_end(our_scope: House, alice: User) -> None:
    """Order, verification, trial, announced, paid, cancelled, ended: nothing is doubled when the job comes twice."""
    set_verified(our_scope.company, Verification.UNVERIFIED)
    van = vehicles.add_vehicle(actor=SYSTEM, company=our_scope.company, vin="WK0RUN00000000001")
    alone = actor_of(alice)
    order = actions.place_order(
        actor=alone, company=our_scope.company, wanted=["maintenance"], vehicles=[van], converts=True
    )
    actions.accept_terms(actor=alone, order=order)
    set_verified(our_scope.company, Verification.VERIFIED)
    actions.fulfil_orders(DEALER, our_scope.company, START - DAY)
    contract = Order.objects.get(pk=order.pk).contract
    assert contract is not None
    assert (contract.assignments.count(), contract.generation) == (0, 1)
    vehicles.note_check(actor=DEALER, vehicle=van, verified=True)
    actions.fulfil_orders(DEALER, our_scope.company, START)
    line = Assignment.objects.get(contract=contract)
    item = order.items.get()
    assert (line.state, line.contract.state, line.price) == ("trial", "trial", item.price)
    assert line.trial_until == end_of_months(START, item.trial_months, "Europe/Oslo")
    go_to(line.trial_until - 31 * DAY)
    assert posted() == []
    for _ in range(2):
        go_to(line.trial_until - 30 * DAY)
    assert posted() == ["trials_end_soon"]
    go_to(line.trial_until - timedelta(seconds=1))
    assert fresh(line).state == "trial"
    for _ in range(2):
        go_to(line.trial_until)
    assert (fresh(line).state, fresh(line).contract.state) == ("active", "active")
    assert posted() == ["trials_end_soon", "services_changed"]
    cancelled = line.trial_until + 5 * DAY
    actions.cancel_lines(actor=alone, company=our_scope.company, lines=[line.pk], now=cancelled)
    end = end_of_months(cancelled, item.notice_months, "Europe/Oslo")
    assert (fresh(line).state, fresh(line).contract.state, fresh(line).ends_at) == ("notice", "notice", end)
    assert Profile.objects.get(vehicle=van).signals, "it runs until its end"
    go_to(end - timedelta(seconds=1))
    assert fresh(line).state == "notice"
    for _ in range(2):
        go_to(end + 9 * DAY)
    ended = fresh(line)
    assert (ended.state, ended.ended_at) == ("ended", end), "then, and not when the job came"
    assert (ended.contract.state, ended.contract.ended_at) == ("ended", end)
    assert Profile.objects.get(vehicle=van).signals == {}
    assert posted() == ["trials_end_soon", "services_changed", "services_changed"]


def test_a_trial_without_a_choice_just_ends(our_scope: House) -> None:
    """Never turned into payment."""
    [line] = buy(our_scope, "maintenance")
    assert line.trial_until is not None
    assert line.ends_at == line.trial_until
    go_to(line.trial_until + 100 * DAY)
    assert (fresh(line).state, fresh(line).ended_at) == ("ended", line.trial_until)
    [again] = buy(our_scope, "maintenance", now=line.trial_until + 101 * DAY)
    assert (again.state, again.trial_until) == ("active", None), "a trial is given once"


def test_a_job_that_was_away_for_long_takes_all_steps_at_once(our_scope: House) -> None:
    [line] = buy(our_scope, "maintenance", converts=True)
    assert line.trial_until is not None
    day = last_day(line.trial_until, "Europe/Oslo") + 60 * DAY
    actions.set_common_end(actor=SYSTEM, company=our_scope.company, lines=[line.pk], day=day, now=START)
    go_to(line.trial_until + DAY)
    assert fresh(line).state == "notice"
    go_to(line.trial_until + 200 * DAY)
    assert last_day(fresh(line).ended_at or START, "Europe/Oslo") == day


def test_notice_is_taken_back_until_the_end(our_scope: House) -> None:
    first, second = buy(our_scope, "maintenance", "driving-style", converts=True)
    assert first.trial_until is not None
    both, company = ids([first, second]), our_scope.company
    actions.cancel_lines(actor=SYSTEM, company=company, lines=both, now=START)
    assert [fresh(line).ends_at == line.trial_until for line in (first, second)] == [True, True]
    actions.take_back_notice(actor=SYSTEM, company=company, lines=both, now=START)
    assert (fresh(first).ends_at, fresh(first).notice_at) == (None, None)
    go_to(first.trial_until)
    actions.cancel_lines(actor=SYSTEM, company=company, lines=both, now=first.trial_until)
    with pytest.raises(Conflict) as refusal:
        actions.cancel_lines(actor=SYSTEM, company=company, lines=both, now=first.trial_until)
    assert refusal.value.code == "nothing_to_cancel"
    end = fresh(first).ends_at
    assert end is not None
    actions.take_back_notice(actor=SYSTEM, company=company, lines=[first.pk], now=end - timedelta(seconds=1))
    with pytest.raises(Conflict) as refusal:
        actions.take_back_notice(actor=SYSTEM, company=company, lines=[second.pk], now=end)
    assert refusal.value.code == "no_notice"
    go_to(end)
    assert (fresh(first).state, fresh(second).state, fresh(first).contract.state) == ("active", "ended", "active")


def test_the_choice_after_the_trial_changes_until_it_ends(our_scope: House) -> None:
    [line] = buy(our_scope, "maintenance")
    for converts in (True, False, True):
        actions.choose_after_trial(
            actor=SYSTEM, company=our_scope.company, lines=[line.pk], converts=converts, now=START
        )
    assert line.trial_until is not None
    go_to(line.trial_until)
    assert fresh(line).state == "active"
    with pytest.raises(Conflict):
        actions.choose_after_trial(actor=SYSTEM, company=our_scope.company, lines=[line.pk], converts=False)


def test_a_trial_ends_at_once_and_a_paid_service_does_not(our_scope: House) -> None:
    trial, _other = buy(our_scope, "maintenance", "driving-style")
    company = our_scope.company
    actions.cancel_lines(actor=SYSTEM, company=company, lines=[trial.pk], at_once=True, now=START + DAY)
    assert (fresh(trial).state, fresh(trial).ended_at) == ("ended", START + DAY)
    paid = Assignment.objects.filter(vehicle=our_scope.vehicle, state="active").first()
    assert paid is not None
    with pytest.raises(Conflict) as refusal:
        actions.cancel_lines(actor=SYSTEM, company=company, lines=[paid.pk], at_once=True)
    assert refusal.value.code == "not_a_trial"


def test_a_common_end_is_never_earlier_than_notice_allows(our_scope: House) -> None:
    """PR-06: what cannot end then is named with the day on which it can."""
    (going,) = buy(our_scope, "maintenance", converts=True)
    (ending,) = buy(our_scope, "driving-style")
    paid = Assignment.objects.get(vehicle=our_scope.vehicle, product="remote-access")
    three, now = ids([going, ending, paid]), START
    with pytest.raises(Invalid):
        actions.set_common_end(actor=SYSTEM, company=our_scope.company, lines=three, day=date(2026, 1, 30), now=now)
    soon = actions.set_common_end(actor=SYSTEM, company=our_scope.company, lines=three, day=date(2026, 2, 10), now=now)
    assert [line.pk for line in soon.agreed] == [going.pk, ending.pk]
    assert [(one.reason, one.day) for one in soon.refused] == [("too_early", date(2026, 2, 28))]
    actions.take_back_notice(actor=SYSTEM, company=our_scope.company, lines=three, now=now)
    late = actions.set_common_end(actor=SYSTEM, company=our_scope.company, lines=three, day=date(2027, 2, 28), now=now)
    assert [one.reason for one in late.refused] == ["ends_with_trial"]
    assert {line.pk for line in late.agreed} == {going.pk, paid.pk}
    assert fresh(paid).ends_at == fresh(going).ends_at == datetime(2027, 3, 1, tzinfo=OSLO)


def test_strangers_and_fleet_managers_change_nothing(
    our_scope: House, theirs: House, bob: User, charlie: User, alice: User
) -> None:
    [line] = buy(our_scope, "maintenance")
    for user in (bob, charlie):
        with pytest.raises(NotAllowed):
            actions.cancel_lines(actor=actor_of(user), company=our_scope.company, lines=[line.pk])
    with pytest.raises(NotFound):
        actions.cancel_lines(actor=actor_of(charlie), company=theirs.company, lines=[line.pk])


def test_a_van_that_leaves_takes_its_services_and_orders_along(our_scope: House) -> None:
    """PR-05, VH-04"""
    lines = buy(our_scope, "maintenance", converts=True)
    place(our_scope, products=("driving-style",))
    van_leaves(SYSTEM, our_scope.vehicle)
    assert not Assignment.objects.filter(vehicle=our_scope.vehicle, ended_at=None).exists()
    assert {fresh(line).contract.state for line in lines} == {ContractState.ENDED}
    assert Profile.objects.get(vehicle=our_scope.vehicle).signals == {}
    waiting = actions.accept_terms(actor=SYSTEM, order=Order.objects.get(contract=None))
    with pytest.raises(Conflict) as refusal:
        actions.complete_order(actor=SYSTEM, order=waiting)
    assert refusal.value.code == "nothing_left"


def test_a_renamed_company_has_new_generations_of_all_running_contracts(our_scope: House) -> None:
    """CO-02: in the middle of trial, paid service and notice; what ended keeps its last one."""
    trial = buy(our_scope, "maintenance")[0]
    paid = buy(our_scope, "driving-style", converts=True)[0]
    assert trial.trial_until is not None
    go_to(trial.trial_until)
    Company.objects.filter(pk=our_scope.company.pk).update(name="Fjordbud Logistikk AS", generation=2)
    hooks.tell_of_master_data(SYSTEM, our_scope.company)
    assert (fresh(trial).contract.generation, fresh(paid).contract.generation) == (1, 2)
    first, second = fresh(paid).contract.versions.order_by("generation")
    assert (first.party["name"], second.party["name"]) == ("Fjordbud AS", "Fjordbud Logistikk AS")


def test_a_deleted_companys_contracts_end_on_day_14_over_a_change_to_summer_time(our_scope: House, alice: User) -> None:
    """PR-05, CO-07: not on day 13 or 15, at the midnight of the company's clock; services are off at once."""
    [line] = buy(our_scope, "maintenance", converts=True, now=datetime(2026, 3, 10, 12, tzinfo=OSLO))
    ordered = datetime(2026, 3, 20, 23, 59, tzinfo=OSLO)
    company = our_scope.company
    leaving.order_deletion(actor=actor_of(alice), company=company, typed_name="Fjordbud AS", now=ordered)
    assert (fresh(line).state, fresh(line).contract.state) == ("ended", "notice")
    assert Profile.objects.get(vehicle=our_scope.vehicle).signals == {}
    midnight = datetime(2026, 4, 3, tzinfo=OSLO)
    assert midnight.utcoffset() != ordered.utcoffset(), "the clock was changed on 29 March"
    go_to(midnight - timedelta(seconds=1))
    closing.advance(actor=closing.ACTOR, now=midnight - timedelta(seconds=1))
    assert fresh(line).contract.state == "notice"
    actor, kept = closing.ACTOR, list[tuple[str, datetime | None]]()
    for part in hooks.departures():
        if part.name == "commerce" and part.when_contracts_end is not None:
            part.when_contracts_end(actor, company)
            kept = list(Contract.objects.values_list("state", "ended_at"))
    assert {(state, end) for state, end in kept} == {("ended", midnight)}
    closing.advance(actor=actor, now=midnight)
    with company_scope([company.pk]):
        assert not Contract.objects.exists()


def test_a_company_that_stays_after_all_has_no_contract_without_services(our_scope: House, alice: User) -> None:
    buy(our_scope, "maintenance")
    now = datetime(2026, 3, 20, 12, tzinfo=OSLO)
    leaving.order_deletion(actor=actor_of(alice), company=our_scope.company, typed_name="Fjordbud AS", now=now)
    go_to(now + DAY)
    assert set(Contract.objects.values_list("state", flat=True)) == {"notice"}
    leaving.withdraw_deletion(actor=actor_of(alice), company=our_scope.company, now=now + DAY)
    go_to(now + 2 * DAY)
    assert set(Contract.objects.values_list("state", flat=True)) == {"ended"}
