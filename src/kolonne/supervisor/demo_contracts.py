"""The demonstration's contracts: paid ones, trials, some that end soon, services with notice, and the invoices of the
months that are over. Imported only after Django was set up, like `demo_world`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone

from kolonne.portal.commerce import actions
from kolonne.portal.commerce.actions.contracts import settle
from kolonne.portal.commerce.actions.invoices import MONTHS_BACK
from kolonne.portal.commerce.actions.invoices import make_invoices as make_missing_invoices
from kolonne.portal.commerce.actions.orders import missing_terms
from kolonne.portal.commerce.billing import month_before, month_of
from kolonne.portal.commerce.models import Assignment, ContractState, Order
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.rights import administrators
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Vehicle
from kolonne.simulator.world import CompanyEntry
from kolonne.supervisor.demo_people import ACTOR

DAY = timedelta(days=1)
PAID = ("vehicle-supervision", "remote-access")
"""Their trials are over: they cost something in each of the last months."""
ENDING = ("maintenance", "charging-and-climate")
"""Their trials end soon."""
PAID_SINCE, ENDING_SINCE, TRIED_SINCE = 520 * DAY, 345 * DAY, 40 * DAY
"""How long ago they, and everything else, were ordered."""
NEXT_ORDER = 9 * DAY
"""So much later a company ordered the same for its vans of another drive."""
CANCELLED = "remote-access"
"""What was cancelled on the last vans of each company."""


@dataclass(frozen=True)
class Buyer:
    """A company and those of its vans that are new: what a visitor ended must not come back with the next start."""

    company: Company
    entry: CompanyEntry
    vans: Sequence[Vehicle]


def make_contracts(buyers: Sequence[Buyer]) -> None:
    """The oldest first, so that numbers rise with the days."""
    orders = sorted((order for buyer in buyers for order in _orders(buyer)), key=lambda order: order.then)
    for order in orders:
        with company_scope([order.buyer.company.pk]):
            _place(order)
    for buyer in buyers:
        with company_scope([buyer.company.pk]):
            _cancel_some(buyer)


def make_invoices() -> None:
    """Of each month that is over, on the first of the next, as the job would have made them; what is there stays."""
    month, now = month_of(timezone.now().date()), timezone.now()
    firsts = [month]
    while len(firsts) < MONTHS_BACK:
        firsts.append(month_before(firsts[-1]))
    for first in reversed(firsts):
        make_missing_invoices(actor=ACTOR, now=min(datetime.combine(first, time(6, 17), UTC), now))


@dataclass(frozen=True)
class _Order:
    buyer: Buyer
    products: list[str]
    vans: list[Vehicle]
    then: datetime
    converts: bool


def _orders(buyer: Buyer) -> list[_Order]:
    by_drive: dict[str, list[Vehicle]] = defaultdict(list)
    for vehicle in buyer.vans:
        by_drive[vehicle.drive].append(vehicle)
    now, found = timezone.now(), []
    for place, (drive, vans) in enumerate(sorted(by_drive.items(), reverse=True)):
        wanted = buyer.entry.products[drive]  # type: ignore[index]  # a van's drive is one of the world's
        paid, ending = ([code for code in codes if code in wanted] for codes in (PAID, ENDING))
        tried = [code for code in wanted if code not in (*PAID, *ENDING)]
        for products, ago, converts in (
            (paid, PAID_SINCE, True),
            (ending, ENDING_SINCE, False),
            (tried, TRIED_SINCE, True),
        ):
            if products:
                found.append(_Order(buyer, products, vans, now - ago + place * NEXT_ORDER, converts))
    return found


def _place(order: _Order) -> None:
    company, then = order.buyer.company, order.then
    person = administrators(company.pk)[0]
    actor = actor_of(person)
    placed = actions.place_order(
        actor=actor, company=company, wanted=order.products, vehicles=order.vans, converts=order.converts
    )
    documents = missing_terms(company, placed, person.language)
    if documents:
        actions.accept(actor=actor, company=company, documents=documents, order=placed, now=then)
    done = actions.complete_order(actor=actor, order=placed, now=then)
    _move_to_the_past(done, then)


def _move_to_the_past(order: Order, then: datetime) -> None:
    """No action can make that: the order was long ago, trials that were over went on, and what ends was announced."""
    now, contract = timezone.now(), order.contract
    if contract is None:
        return
    Order.objects.filter(pk=order.pk).update(placed_at=then, terms_accepted_at=then, state_since=then)
    lines = Assignment.objects.filter(contract=contract)
    lines.filter(trial_until__lte=now).update(state=ContractState.ACTIVE)
    lines.filter(trial_until__lte=now + 30 * DAY).update(announced_at=then)
    settle(ACTOR, [contract.pk])


def _cancel_some(buyer: Buyer) -> None:
    last = sorted(van.pk for van in buyer.vans)[-2:]
    lines = Assignment.objects.filter(vehicle__in=last, product=CANCELLED, state=ContractState.ACTIVE)
    pks = list(lines.values_list("pk", flat=True))
    if pks:
        actions.cancel_lines(actor=actor_of(administrators(buyer.company.pk)[0]), company=buyer.company, lines=pks)
