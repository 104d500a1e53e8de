"""Orders and contracts as a page shows them: by product, with the vans of each."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from kolonne.portal.commerce import texts
from kolonne.portal.commerce.models import Assignment, Contract, ContractVersion, Order, OrderItem
from kolonne.portal.commerce.texts import ProductWords
from kolonne.portal.companies.legal import form_name
from kolonne.portal.companies.models import Tenant
from kolonne.portal.vehicles.models import Vehicle

SHOWN_VANS = 200
"""To choose from at once; the search finds the others."""
VERSIONS = 20


@dataclass(frozen=True)
class Line:
    """One product of an order."""

    product: ProductWords
    items: list[OrderItem]
    waiting: int
    """How many of the vans it has not begun on."""


@dataclass(frozen=True)
class Summary:
    lines: list[Line]
    vans: int
    """Different ones."""
    unchecked: list[Vehicle]
    """Those that a dealer has not verified: services on them wait for it."""


@dataclass(frozen=True)
class Generation:
    """With whom the contract was from a day on."""

    number: int
    since: datetime
    party: dict[str, Any]
    legal_form: str


@dataclass(frozen=True)
class Choice:
    """Vans to choose from."""

    shown: list[Vehicle]
    more: int
    """How many the search would find that are not shown."""
    total: int


def summary_of(order: Order) -> Summary:
    items = list(order.items.select_related("vehicle").order_by("vehicle__plate", "vehicle_id"))
    by_product: dict[str, list[OrderItem]] = defaultdict(list)
    for item in items:
        by_product[item.product].append(item)
    lines = [
        Line(texts.of_product(code), found, sum(item.done_at is None for item in found))
        for code, found in sorted(by_product.items(), key=lambda entry: _place(entry[0]))
    ]
    vans = {item.vehicle_id: item.vehicle for item in items}
    waiting = {item.vehicle_id for item in items if item.done_at is None}
    unchecked = [van for pk, van in vans.items() if van.verification != "verified" and pk in waiting]
    return Summary(lines, len(vans), unchecked)


def _place(code: str) -> tuple[int, str]:
    """In the order of the catalogue, what is unknown last."""
    codes = [words.code for words in texts.all_products()]
    return (codes.index(code) if code in codes else len(codes), code)


def names_of_products(orders: list[Order]) -> dict[int, str]:
    """By order: its products in one line."""
    pairs = OrderItem.objects.filter(order__in=orders).values_list("order_id", "product").distinct()
    by_order: dict[int, set[str]] = defaultdict(set)
    for order_id, product in pairs:
        by_order[order_id].add(product)
    return {
        pk: ", ".join(texts.of_product(code).name for code in sorted(codes, key=_place))
        for pk, codes in by_order.items()
    }


def vans_to_choose(company_id: int, search: str) -> Choice:
    """Of a company, by plate; every word of the search must be in plate, name or VIN."""
    found = Vehicle.objects.filter(company_id=company_id).order_by("plate", "pk")
    total = found.count()
    for word in search.split():
        found = found.filter(Q(plate__icontains=word) | Q(name__icontains=word) | Q(vin__icontains=word))
    shown = list(found[:SHOWN_VANS])
    more = found.count() - len(shown) if len(shown) == SHOWN_VANS else 0
    return Choice(shown, more, total)


def generations(versions: list[ContractVersion]) -> list[Generation]:
    """With the legal form in words, as the company's market knows it."""
    markets = dict(Tenant.objects.filter(pk__in={v.company_id for v in versions}).values_list("pk", "market_id"))
    return [
        Generation(
            version.generation,
            version.since,
            version.party,
            form_name(markets[version.company_id], version.party.get("legal_form", "")),
        )
        for version in versions
    ]


def vans_running(contract: Contract) -> QuerySet[Vehicle]:
    """Vans that have a service by the contract now."""
    vans = Vehicle.objects.filter(assignments__contract=contract, assignments__ended_at=None).distinct()
    return vans.order_by("plate", "pk")


def running_on(contract: Contract, vans: list[Vehicle]) -> list[tuple[Vehicle, list[ProductWords]]]:
    """Each of these vans with its services."""
    rows = Assignment.objects.filter(contract=contract, vehicle__in=vans, ended_at=None)
    by_van: dict[int, list[str]] = defaultdict(list)
    for vehicle, product in rows.values_list("vehicle_id", "product"):
        by_van[vehicle].append(product)
    return [(van, [texts.of_product(code) for code in sorted(by_van[van.pk], key=_place)]) for van in vans]


def products_running(contract: Contract) -> list[tuple[ProductWords, int]]:
    """Products with the number of vans that have them now."""
    codes = Assignment.objects.filter(contract=contract, ended_at=None).values_list("product", flat=True)
    counts = Counter(codes)
    return [(texts.of_product(code), counts[code]) for code in sorted(counts, key=_place)]
