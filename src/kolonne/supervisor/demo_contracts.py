"""The demonstration's contracts: paid ones, trials, some that end soon, and services with notice. Imported only after
Django was set up, like `demo_world`."""

from collections import defaultdict
from datetime import timedelta

from django.utils import timezone

from kolonne.portal.commerce import actions
from kolonne.portal.commerce.actions.contracts import settle
from kolonne.portal.commerce.actions.orders import missing_terms
from kolonne.portal.commerce.models import Assignment, Contract, ContractState, ContractVersion, Order
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.rights import administrators
from kolonne.portal.vehicles.models import Vehicle
from kolonne.simulator.world import CompanyEntry
from kolonne.supervisor.demo_people import ACTOR

DAY = timedelta(days=1)
PAID_SINCE, ENDING_SINCE, TRIED_SINCE = 430 * DAY, 345 * DAY, 40 * DAY
"""How long ago the orders were: the trials of the first are over, those of the second end soon."""
PAID = ("vehicle-supervision", "remote-access")
ENDING = ("maintenance", "charging-and-climate")
CANCELLED = "remote-access"
"""What was cancelled on the last vans of each company."""


def make_contracts(company: Company, owner: CompanyEntry, new: list[Vehicle]) -> None:
    """Only for new vans: what a visitor ended must not come back with the next start."""
    by_drive: dict[str, list[Vehicle]] = defaultdict(list)
    for vehicle in new:
        by_drive[vehicle.drive].append(vehicle)
    for drive, vans in by_drive.items():
        products = owner.products[drive]  # type: ignore[index]  # a van's drive is one of the world's
        wanted = set(products)
        trials = [code for code in products if code not in (*PAID, *ENDING)]
        _order(company, [code for code in PAID if code in wanted], vans, PAID_SINCE, converts=True)
        _order(company, [code for code in ENDING if code in wanted], vans, ENDING_SINCE)
        _order(company, trials, vans, TRIED_SINCE, converts=True)
    _cancel_some(company, new)


def _order(
    company: Company, products: list[str], vans: list[Vehicle], ago: timedelta, *, converts: bool = False
) -> None:
    if not products:
        return
    buyer = administrators(company.pk)[0]
    actor, then = actor_of(buyer), timezone.now() - ago
    order = actions.place_order(actor=actor, company=company, wanted=products, vehicles=vans, converts=converts)
    documents = missing_terms(company, order, buyer.language)
    done = actions.complete_order(
        actor=actor, order=actions.accept_terms(actor=actor, order=order, documents=documents), now=then
    )
    _move_to_the_past(done, ago)


def _move_to_the_past(order: Order, ago: timedelta) -> None:
    """No action can make that: the order was long ago, trials that were over went on, and what ends was announced."""
    now = timezone.now()
    then, contract = now - ago, order.contract
    if contract is None:
        return
    Order.objects.filter(pk=order.pk).update(placed_at=then, terms_accepted_at=then, state_since=then)
    Contract.objects.filter(pk=contract.pk).update(signed_at=then)
    ContractVersion.objects.filter(contract=contract).update(since=then)
    lines = Assignment.objects.filter(contract=contract)
    lines.filter(trial_until__lte=now).update(state=ContractState.ACTIVE)
    lines.filter(trial_until__lte=now + 30 * DAY).update(announced_at=then)
    settle(ACTOR, [contract.pk])


def _cancel_some(company: Company, new: list[Vehicle]) -> None:
    last = sorted(van.pk for van in new)[-2:]
    lines = Assignment.objects.filter(vehicle__in=last, product=CANCELLED, state=ContractState.ACTIVE)
    pks = list(lines.values_list("pk", flat=True))
    if pks:
        actions.cancel_lines(actor=actor_of(administrators(company.pk)[0]), company=company, lines=pks)
