"""From products wanted to a contract: an order waits for the dealer's check and for the terms (VE-01, VE-03)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce import basket
from kolonne.portal.commerce.actions.assignments import WRITE, Agreed, start
from kolonne.portal.commerce.actions.contracts import contract_without_order, settle, sign_contract
from kolonne.portal.commerce.actions.profiles import write_profile
from kolonne.portal.commerce.actions.terms import accept
from kolonne.portal.commerce.basket import Want
from kolonne.portal.commerce.catalogue import offer, products
from kolonne.portal.commerce.models import Assignment, Order, OrderItem, OrderState, TermsAcceptance
from kolonne.portal.commerce.queries import open_items
from kolonne.portal.commerce.terms import GENERAL, Document
from kolonne.portal.commerce.terms.queries import missing_for
from kolonne.portal.companies.gate import require_verified
from kolonne.portal.companies.models import Company, Tenant
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Vehicle

MOST_VANS = 200
"""In one order."""


@transaction.atomic
def place_order(
    *,
    actor: Actor,
    company: Company,
    wanted: Iterable[str],
    vehicles: Iterable[Vehicle],
    packages: Iterable[str] = (),
    converts: bool = False,
) -> Order:
    """Every product for every van that it fits and that neither has nor awaits it, at today's prices, which are agreed
    with it. `converts`: what was tried is paid for afterwards. Binds nobody yet: a company that no dealer verified may
    do it, too (VE-01).

    Raises NotAllowed; Invalid when nothing is chosen, when it is too much, or when nothing remains.
    """
    require(actor, WRITE, company.pk)
    singly, together, vans = list(dict.fromkeys(wanted)), list(dict.fromkeys(packages)), list(vehicles)
    check_choice(company, [*singly, *together], vans)
    with company_scope([company.pk]):
        # Locks the company's row, so that the same order sent twice at once is one.
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        # And none of these vans leaves from here on: what did meanwhile is ordered no more.
        vans = list(Vehicle.objects.filter(company=company, pk__in=[van.pk for van in vans]).order_by("plate", "pk"))
        wants = basket.fill(company, singly, together, vans).wants
        if not wants:
            raise Invalid("nothing_new", "the vans have all that or it does not fit", {"products": "others"})
        order = Order.objects.create(company=company, placed_by=actor.label, converts=converts)
        OrderItem.objects.bulk_create(item_of(want, order) for want in wants)
        audit.record(actor, "commerce.order.placed", on=order, company_id=company.pk, items=len(wants))
    return order


def check_choice(company: Company, chosen: Sequence[str], vans: Sequence[Vehicle]) -> None:
    """Raises Invalid for what is not offered in the company's market, for nothing and for too much."""
    unknown = [code for code in chosen if offer(company.market_id, code) is None]
    if unknown:
        remedy = "one of " + ", ".join(code for code in products() if offer(company.market_id, code))
        raise Invalid("unknown_product", f"{', '.join(unknown)} is not offered here", {"products": remedy})
    if not chosen or not vans or any(vehicle.company_id != company.pk for vehicle in vans):
        raise Invalid("nothing_chosen", "an order names products and vans", {"products": "one", "vehicles": "one"})
    if len(vans) > MOST_VANS:
        raise Invalid("too_many_vans", f"{len(vans)} vans in one order", {"vehicles": f"{MOST_VANS} at most"})


def item_of(want: Want, order: Order | None = None) -> OrderItem:
    """Not saved; without an order to look at only."""
    return OrderItem(
        company_id=want.vehicle.company_id,
        order=order,
        vehicle=want.vehicle,
        product=want.product,
        package=want.package,
        price=want.offer.price,
        single_price=want.single_price,
        currency=want.offer.currency,
        trial_months=want.offer.trial_months,
        notice_months=want.offer.notice_months,
    )


@transaction.atomic
def accept_terms(*, actor: Actor, order: Order, documents: Iterable[Document] | None = None) -> Order:
    """The person who acts wants the order, and accepts for his company the documents that he read for it; without
    `documents` those that are missing. From now on the order goes on by itself after the dealer's check. Twice is once.

    Raises NotAllowed; Conflict to a helper, who cannot accept anything for somebody else (SU-03), `other_terms` when
    others are in force by now, and when the order waits no more.
    """
    require(actor, WRITE, order.company_id)
    if actor.acting_for is not None:
        raise Conflict("terms_by_helper", "nobody accepts terms in another's name")
    with company_scope([order.company_id]):
        order = _locked(order)
        company = Company.objects.select_related("company").get(pk=order.company_id)
        chosen = missing_terms(company, order) if documents is None else list(documents)
        if chosen:
            accept(actor=actor, company=company, documents=chosen, order=order)
        if missing_terms(company, order):
            raise Conflict("other_terms", "other terms are in force by now")
        if order.terms_accepted_at is None:
            _confirm(actor, order)
    return order


def missing_terms(company: Company, order: Order, language: str = "en") -> list[Document]:
    """What must still be accepted before the order becomes a contract (PR-03). Needs the company's scope."""
    wanted = set(order.items.filter(withdrawn_at=None).values_list("product", flat=True))
    return missing_for(company, wanted, language)


def _confirm(actor: Actor, order: Order) -> None:
    order.terms_accepted_at, order.terms_accepted_by = timezone.now(), actor.label
    order.save(update_fields=["terms_accepted_at", "terms_accepted_by"])
    audit.record(actor, "commerce.order.confirmed", on=order, company_id=order.company_id)


@transaction.atomic
def complete_order(*, actor: Actor, order: Order, now: datetime | None = None) -> Order:
    """The order becomes a contract at once.

    Raises NotAllowed; Conflict `unverified` before the dealer's check (VE-01), `no_terms`, `nothing_left`, and when
    the order waits no more.
    """
    require(actor, WRITE, order.company_id)
    with company_scope([order.company_id]):
        order = _locked(order)
        # Behind the lock: a name that changes at the same moment takes the verification before or after, not between.
        company = Company.objects.select_related("company").get(pk=order.company_id)
        require_verified(actor, company)
        if missing_terms(company, order):
            raise Conflict("no_terms", "the terms were not accepted")
        if not order.items.filter(withdrawn_at=None).exists():
            raise Conflict("nothing_left", "the vans of this order were removed")
        if order.terms_accepted_at is None:
            _confirm(actor, order)
        _fulfil(actor, order, now or timezone.now())
    return order


@transaction.atomic
def withdraw_order(*, actor: Actor, order: Order) -> None:
    """Nobody wants it any more. Raises NotAllowed; Conflict when the order waits no more."""
    require(actor, WRITE, order.company_id)
    with company_scope([order.company_id]):
        order = _locked(order)
        _move(order, OrderState.WITHDRAWN)
        audit.record(actor, "commerce.order.withdrawn", on=order, company_id=order.company_id)


def _locked(order: Order) -> Order:
    """The order as it is now, nobody else changes it. Raises Conflict unless it waits."""
    # The company first, as everywhere: two acts that meet wait for each other instead of for ever.
    Company.objects.select_for_update(no_key=True).get(pk=order.company_id)
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.state != OrderState.WAITING:
        raise Conflict("not_waiting", f"{order} is {order.state}", state=order.state)
    return order


def _move(order: Order, to: OrderState) -> None:
    order.state, order.state_since = to, timezone.now()
    order.save(update_fields=["state", "state_since", "contract"])


@transaction.atomic
def fulfil_orders(actor: Actor, company: Company, now: datetime | None = None) -> None:
    """Everything that waited goes on (VE-03): orders whose terms were accepted become contracts, and services begin on
    vans that were verified meanwhile. Changes nothing when it is called again.

    Called by the dealer's check, which needs no right in the customer's company for it.
    """
    now = now or timezone.now()
    with company_scope([company.pk]):
        current = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        is_leaving = Tenant.objects.filter(pk=company.pk, leaving_since__isnull=False).exists()
        if current.verification != Verification.VERIFIED or is_leaving:
            return
        waiting = Order.objects.filter(company=current, state=OrderState.WAITING, items__withdrawn_at=None)
        for order in waiting.exclude(items=None).exclude(terms_accepted_at=None).distinct().order_by("pk"):
            if not missing_terms(current, order):
                _fulfil(actor, order, now)
        for order in Order.objects.filter(state=OrderState.DONE, pk__in=_half_done(current)).order_by("pk"):
            _begin_services(actor, order, now)


def _half_done(company: Company) -> list[int]:
    ready = open_items(company.pk).filter(vehicle__verification=Verification.VERIFIED)
    return list(ready.values_list("order_id", flat=True).distinct())


def _fulfil(actor: Actor, order: Order, now: datetime) -> None:
    """The order becomes a contract of its own."""
    currency = order.items.exclude(currency="").values_list("currency", flat=True).first()
    order.contract = sign_contract(actor, order.company_id, currency or "EUR", now)
    _move(order, OrderState.DONE)
    audit.record(actor, "commerce.order.done", on=order, company_id=order.company_id, contract=order.contract.pk)
    _begin_services(actor, order, now)


def _begin_services(actor: Actor, order: Order, now: datetime) -> None:
    """On those vans of the order that are verified; the others wait for the dealer (VE-02)."""
    ready = order.items.filter(done_at=None, withdrawn_at=None, vehicle__verification=Verification.VERIFIED)
    by_van: dict[Vehicle, list[OrderItem]] = defaultdict(list)
    for item in ready.select_related("vehicle").order_by("vehicle_id", "product"):
        by_van[item.vehicle].append(item)
    versions = accepted_versions(order.company_id)
    for vehicle, items in by_van.items():
        _begin_on(actor, order, vehicle, items, now, versions)
    if order.contract is not None:
        settle(actor, [order.contract.pk])


def _begin_on(
    actor: Actor, order: Order, vehicle: Vehicle, items: list[OrderItem], now: datetime, versions: Mapping[str, str]
) -> None:
    # Locks the van's row: whoever assigns or ends something on it meanwhile was first or waits.
    Vehicle.objects.select_for_update().get(pk=vehicle.pk)
    running = set(Assignment.objects.filter(vehicle=vehicle, ended_at=None).values_list("product", flat=True))
    contract = order.contract or contract_without_order(actor, order.company_id)
    new = [item for item in items if item.product not in running]
    for item in new:
        start(actor, contract, vehicle, item.product, _agreed(order, item, versions), now)
    OrderItem.objects.filter(pk__in=[item.pk for item in items]).update(done_at=now)
    if new:
        write_profile(vehicle)


def _agreed(order: Order, item: OrderItem, versions: Mapping[str, str]) -> Agreed:
    terms = versions.get(item.product) or versions.get(GENERAL) or order.terms_version
    return Agreed(
        price=item.price,
        single_price=item.single_price,
        trial_months=item.trial_months,
        notice_months=item.notice_months,
        converts=order.converts,
        package=item.package,
        terms=terms,
    )


def accepted_versions(company_id: int) -> dict[str, str]:
    """By document, the newest version that the company accepted."""
    rows = TermsAcceptance.objects.filter(company_id=company_id).order_by("accepted_at", "pk")
    return dict(rows.values_list("text__code", "text__version"))
