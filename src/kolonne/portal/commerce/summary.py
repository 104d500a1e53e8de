"""Orders and contracts as a page shows them: by product, with the vans of each."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from kolonne.portal.commerce import catalogue, money, texts
from kolonne.portal.commerce.basket import Basket, LeftOut
from kolonne.portal.commerce.models import Assignment, Contract, ContractVersion, Order, OrderItem
from kolonne.portal.commerce.texts import ProductWords
from kolonne.portal.companies.legal import form_name
from kolonne.portal.companies.models import Tenant
from kolonne.portal.vehicles.models import Vehicle

SHOWN_VANS = 200
"""To choose from at once; the search finds the others."""
VERSIONS = 20


@dataclass(frozen=True)
class Offered:
    """What can be chosen, with its price in the company's market."""

    words: ProductWords
    price: str
    trial_months: int
    parts: list[str]
    """Names of the products of a package."""


@dataclass(frozen=True)
class Line:
    """One product of an order."""

    product: ProductWords
    package: str
    """Its name; empty for what was chosen singly."""
    items: list[OrderItem]
    price: str
    """Of all its vans, per month without VAT; empty for what was ordered before there were prices."""
    trial_months: int
    waiting: int
    """How many of the vans it has not begun on."""


@dataclass(frozen=True)
class Summary:
    lines: list[Line]
    vans: int
    """Different ones."""
    unchecked: list[Vehicle]
    """Those that a dealer has not verified: services on them wait for it."""
    now: str
    """Per month from the start on; what has a trial is free then."""
    later: str
    """Per month when all trials are over, if they go on."""
    trial_months: int
    """The longest trial; 0 when there is none."""


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


def offered(market: str) -> tuple[list[Offered], list[Offered]]:
    """Products and packages of a market, in the order of the catalogue."""
    singly = [_offered(texts.of_product(code), market, []) for code in catalogue.products() if _is_sold(market, code)]
    together = [
        _offered(texts.of_package(code), market, [texts.of_product(part).name for part in package.products])
        for code, package in catalogue.packages().items()
        if _is_sold(market, code)
    ]
    return singly, together


def _is_sold(market: str, code: str) -> bool:
    return catalogue.offer(market, code) is not None


def _offered(words: ProductWords, market: str, parts: list[str]) -> Offered:
    found = catalogue.offer(market, words.code)
    price = money.money(found.price, found.currency, texts.language()) if found else ""
    return Offered(words, price, found.trial_months if found else 0, parts)


def summary_of(order: Order) -> Summary:
    items = order.items.filter(withdrawn_at=None).select_related("vehicle")
    return summarize(items.order_by("vehicle__plate", "vehicle_id"))


def summarize(items: Iterable[OrderItem]) -> Summary:
    """Of an order's items, or of what would be one."""
    items = list(items)
    by_product: dict[tuple[str, str], list[OrderItem]] = defaultdict(list)
    for item in items:
        by_product[item.product, item.package].append(item)
    in_order = sorted(by_product.items(), key=lambda entry: (_place(entry[0][0]), entry[0][1]))
    vans = {item.vehicle_id: item.vehicle for item in items}
    waiting = {item.vehicle_id for item in items if item.done_at is None}
    return Summary(
        [_line(code, package, found) for (code, package), found in in_order],
        len(vans),
        [van for pk, van in vans.items() if van.verification != "verified" and pk in waiting],
        _sum(item for item in items if not item.trial_months),
        _sum(items),
        max((item.trial_months for item in items), default=0),
    )


def _line(code: str, package: str, items: list[OrderItem]) -> Line:
    name = texts.of_package(package).name if package else ""
    trial, waiting = max(item.trial_months for item in items), sum(item.done_at is None for item in items)
    return Line(texts.of_product(code), name, items, _sum(items), trial, waiting)


def _sum(items: Iterable[OrderItem]) -> str:
    whole = money.sums((item.currency, item.price) for item in items if item.currency)
    return " + ".join(money.money(one.amount, one.currency, texts.language()) for one in whole)


def left_out(basket: Basket) -> list[tuple[ProductWords, str, list[Vehicle]]]:
    """What of a choice cannot be ordered: product, why not, and for which vans."""
    found: dict[tuple[str, str], list[Vehicle]] = defaultdict(list)
    for one in basket.left_out:
        found[one.product, _why(one)].append(one.vehicle)
    return [(texts.of_product(code), why, vans) for (code, why), vans in found.items()]


def _why(one: LeftOut) -> str:
    if one.misfit is not None:
        return texts.of_misfit(one.misfit)
    return _("It is there already.") if one.reason == "there" else _("It is on order already.")


def _place(code: str) -> tuple[int, str]:
    """In the order of the catalogue, what is unknown last."""
    codes = list(catalogue.products())
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


def products_running(contract: Contract) -> list[tuple[ProductWords, int]]:
    """Products with the number of vans that have them now."""
    codes = Assignment.objects.filter(contract=contract, ended_at=None).values_list("product", flat=True)
    counts = Counter(codes)
    return [(texts.of_product(code), counts[code]) for code in sorted(counts, key=_place)]
