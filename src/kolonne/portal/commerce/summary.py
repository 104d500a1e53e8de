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
from kolonne.portal.commerce.models import Assignment, Contract, ContractState, ContractVersion, Order, OrderItem
from kolonne.portal.commerce.texts import ProductWords
from kolonne.portal.companies.legal import form_name
from kolonne.portal.companies.models import Tenant
from kolonne.portal.vehicles.models import Vehicle

VERSIONS = 20


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


def summary_of(order: Order) -> Summary:
    items = order.items.filter(withdrawn_at=None).select_related("vehicle")
    return summarize(items.order_by("vehicle__plate", "vehicle_id"))


def summarize(items: Iterable[OrderItem]) -> Summary:
    """Of an order's items, or of what would be one."""
    items = list(items)
    by_product: dict[tuple[str, str], list[OrderItem]] = defaultdict(list)
    for item in items:
        by_product[item.product, item.package].append(item)
    in_order = sorted(by_product.items(), key=lambda entry: (place(entry[0][0]), entry[0][1]))
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


def place(code: str) -> tuple[int, str]:
    """In the order of the catalogue, what is unknown last."""
    codes = list(catalogue.products())
    return (codes.index(code) if code in codes else len(codes), code)


def in_a_line(codes: Iterable[str]) -> str:
    """Names of products, in the order of the catalogue."""
    return ", ".join(texts.of_product(code).name for code in sorted(set(codes), key=place))


def names_of_products(orders: list[Order]) -> dict[int, str]:
    """By order: its products in one line."""
    return _by_key(OrderItem.objects.filter(order__in=orders).values_list("order_id", "product").distinct())


def names_of_services(contracts: list[Contract]) -> dict[int, str]:
    """By contract, in one line: the products that run by it or wait to begin; all that it had when it ended."""
    lines = Assignment.objects.filter(contract__in=contracts)
    shown = lines.filter(Q(ended_at=None) | Q(contract__state=ContractState.ENDED)).values_list(
        "contract_id", "product"
    )
    items = OrderItem.objects.filter(order__contract__in=contracts, done_at=None, withdrawn_at=None)
    return _by_key(
        shown.values_list("contract_id", "product").union(items.values_list("order__contract_id", "product"))
    )


def _by_key(pairs: Iterable[tuple[int, str]]) -> dict[int, str]:
    found: dict[int, set[str]] = defaultdict(set)
    for key, product in pairs:
        found[key].add(product)
    return {key: in_a_line(codes) for key, codes in found.items()}


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
    return [(texts.of_product(code), counts[code]) for code in sorted(counts, key=place)]
