"""PR-01: a package costs its own price as long as all of it runs on the van, as its terms say."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from kolonne.portal.audit.models import Entry
from kolonne.portal.commerce import actions, cockpit, outlook
from kolonne.portal.commerce.billing import charges
from kolonne.portal.commerce.catalogue import offer, shares
from kolonne.portal.commerce.models import Assignment, Profile
from kolonne.portal.commerce.periods import end_of_months
from kolonne.portal.commerce.tests.test_contract_life import OSLO, START, fresh, go_to, ids, posted
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.vehicles import actions as vehicles

pytestmark = pytest.mark.django_db
ZONE, PACKAGE = "Europe/Oslo", "electric-start"


def single(code: str) -> Decimal:
    found = offer("no", code)
    assert found is not None
    return found.price


@pytest.fixture
def bought(our_scope: House) -> dict[str, Assignment]:
    """A package on a new van, by product, on trial and then to be paid for."""
    van = vehicles.add_vehicle(actor=SYSTEM, company=our_scope.company, vin="WK0PACK0000000001")
    order = actions.place_order(
        actor=SYSTEM, company=our_scope.company, wanted=[], packages=[PACKAGE], vehicles=[van], converts=True
    )
    actions.accept_terms(actor=SYSTEM, order=order)
    actions.complete_order(actor=SYSTEM, order=order, now=START)
    return {line.product: line for line in Assignment.objects.filter(vehicle=van)}


def running(line: Assignment) -> dict[str, tuple[str, Decimal, str]]:
    lines = Assignment.objects.filter(vehicle=line.vehicle_id, ended_at=None)
    return {one.product: (one.package, one.price, one.state) for one in lines}


def test_what_goes_on_of_a_package_costs_its_single_price_from_the_end_of_the_other(
    our_scope: House, bought: dict[str, Assignment], alice: User
) -> None:
    gone, company, paid = bought["remote-access"], our_scope.company, START + timedelta(days=400)
    go_to(paid)
    in_package = {code: (PACKAGE, price, "active") for code, price in shares("no", PACKAGE).items()}
    assert running(gone) == in_package
    [*_of_the_cancelled, said] = outlook.of(outlook.CANCEL, [fresh(gone)], ZONE, paid).groups
    rest = single("vehicle-supervision") + single("charging-and-climate")
    assert f"2 other services together cost {cockpit.words(rest, 'NOK')}" in said.text
    assert outlook.of(outlook.CANCEL, [fresh(gone)], ZONE, paid).chosen == [gone.pk]
    actions.cancel_lines(actor=SYSTEM, company=company, lines=[gone.pk], now=paid)
    assert {code: facts[:2] for code, facts in running(gone).items()} == {
        code: facts[:2] for code, facts in in_package.items()
    }, "nothing changes before the end"
    van = cockpit.lines_of(actor_of(alice), cockpit.Wanted(search="WK0PACK0000000001"))
    assert cockpit.sums(van).later == cockpit.words(rest, "NOK")
    end = end_of_months(paid, gone.notice_months, ZONE)
    profile = Profile.objects.get(vehicle=gone.vehicle_id)
    for _twice in range(2):
        go_to(end)
        assert running(gone) == {
            code: ("", single(code), "active") for code in ("vehicle-supervision", "charging-and-climate")
        }
    assert posted()[-1] == "services_changed"
    assert Entry.objects.filter(verb="commerce.package.parted").count() == 1
    assert Profile.objects.get(vehicle=gone.vehicle_id).version == profile.version + 1, "one change: what ended"
    month = end.astimezone(OSLO).date().replace(day=1)
    lines = Assignment.objects.filter(vehicle=gone.vehicle_id).select_related("contract", "vehicle")
    days: dict[str, int] = {}
    for charge in charges(lines, month, ZONE):
        days[charge.product] = days.get(charge.product, 0) + charge.days
        whole_month = charge.days_of_month
    assert days["vehicle-supervision"] == whole_month, "no day twice, none for nothing"


def test_a_package_that_is_cancelled_as_a_whole_or_not_in_the_end_keeps_its_price(
    our_scope: House, bought: dict[str, Assignment]
) -> None:
    lines, company, paid = list(bought.values()), our_scope.company, START + timedelta(days=400)
    go_to(paid)
    before = running(lines[0])
    actions.cancel_lines(actor=SYSTEM, company=company, lines=[lines[0].pk], now=paid)
    actions.take_back_notice(actor=SYSTEM, company=company, lines=[lines[0].pk], now=paid)
    go_to(paid + timedelta(days=100))
    assert running(lines[0]) == before
    assert len(outlook.of(outlook.CANCEL, [fresh(line) for line in lines], ZONE, paid).groups) == 1
    actions.cancel_lines(actor=SYSTEM, company=company, lines=ids(lines), now=paid + timedelta(days=100))
    go_to(paid + timedelta(days=300))
    assert Assignment.objects.filter(vehicle=lines[0].vehicle_id).count() == len(lines), "no line began anew"


@pytest.mark.parametrize("at_once", [True, False])
def test_a_part_that_ends_with_its_trial_leaves_the_rest_at_single_prices(
    our_scope: House, bought: dict[str, Assignment], *, at_once: bool
) -> None:
    gone, now = bought["charging-and-climate"], START + timedelta(days=30)
    company, lines = our_scope.company, [gone.pk]
    if at_once:
        actions.cancel_lines(actor=SYSTEM, company=company, lines=lines, now=now, at_once=True)
        assert {facts[2] for facts in running(gone).values()} == {"trial"}, "the others are tried to their end"
    else:
        actions.choose_after_trial(actor=SYSTEM, company=company, lines=lines, now=now, converts=False)
    go_to(START + timedelta(days=400))
    assert running(gone) == {code: ("", single(code), "active") for code in ("vehicle-supervision", "remote-access")}


def test_the_seller_who_ends_a_part_makes_nothing_dearer(bought: dict[str, Assignment]) -> None:
    gone = bought["remote-access"]
    actions.end_product(actor=SYSTEM, vehicle=gone.vehicle, product=gone.product)
    assert {package for package, _price, _state in running(gone).values()} == {PACKAGE}


def test_lines_from_before_single_prices_were_agreed_keep_what_they_cost(
    our_scope: House, bought: dict[str, Assignment]
) -> None:
    Assignment.objects.update(single_price=None)
    gone = bought["remote-access"]
    go_to(START + timedelta(days=400))
    outlook_of_end = outlook.of(outlook.END, [fresh(gone)], ZONE, START + timedelta(days=400), date(2028, 1, 1))
    assert len(outlook_of_end.groups) == 1
    actions.cancel_lines(actor=SYSTEM, company=our_scope.company, lines=[gone.pk], now=START + timedelta(days=400))
    go_to(START + timedelta(days=500))
    assert {package for package, _price, _state in running(gone).values()} == {PACKAGE}


def test_what_costs_nothing_singly_costs_nothing_when_its_package_is_whole_no_more(
    our_scope: House, bought: dict[str, Assignment]
) -> None:
    paid = START + timedelta(days=400)
    go_to(paid)
    Assignment.objects.exclude(pk=bought["remote-access"].pk).filter(package=PACKAGE).update(single_price=0)
    [*_of_the_cancelled, said] = outlook.of(outlook.CANCEL, [fresh(bought["remote-access"])], ZONE, paid).groups
    assert f"together cost {cockpit.words(Decimal(0), 'NOK')} per month" in said.text
