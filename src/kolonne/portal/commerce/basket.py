"""What an order would hold, before anybody placed it: prices as offered now, and what is left out, and why (PR-02)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from kolonne.portal.commerce.catalogue import Misfit, Offer, offer, packages, products, shares
from kolonne.portal.commerce.models import Assignment
from kolonne.portal.commerce.queries import open_items
from kolonne.portal.companies.models import Company
from kolonne.portal.vehicles.models import Vehicle


@dataclass(frozen=True)
class Want:
    """A product for a van, at the terms that are agreed with the order."""

    vehicle: Vehicle
    product: str
    package: str
    offer: Offer
    """Its price is that within the package; no trial is left in it if the van had one (PR-04)."""
    single_price: Decimal | None
    """Without the package; None for what is wanted singly."""


@dataclass(frozen=True)
class LeftOut:
    """What was chosen and cannot be ordered."""

    vehicle: Vehicle
    product: str
    reason: str
    """`there`, `ordered` or `misfit`."""
    misfit: Misfit | None = None


@dataclass(frozen=True)
class Basket:
    wants: list[Want] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """What vans have, await and had; by van, or by VIN, and product."""

    there: Collection[tuple[int, str]]
    ordered: Collection[tuple[int, str]]
    tried: Collection[tuple[str, str]]


def fill(company: Company, wanted: Sequence[str], bought_together: Sequence[str], vans: Iterable[Vehicle]) -> Basket:
    """Products and packages for vans. A package counts for a van that can have all of it; the products of one that
    cannot are ordered singly. Everything must be offered in the company's market. Needs the company's scope."""
    vans = list(vans)
    known, basket = known_of(company, vans), Basket()
    for van in vans:
        done: set[str] = set()
        for package in bought_together:
            _take_package(basket, company.market_id, van, package, known, done)
        for product in wanted:
            if product not in done:
                _take(basket, company.market_id, van, product, known)
                done.add(product)
    return basket


def known_of(company: Company, vans: Collection[Vehicle]) -> Known:
    """Needs the company's scope."""
    lines = Assignment.objects.filter(company_id=company.pk)
    tried = lines.filter(vehicle__vin__in=[van.vin for van in vans], trial_until__isnull=False)
    return Known(
        set(lines.filter(vehicle__in=vans, ended_at=None).values_list("vehicle", "product")),
        set(open_items(company.pk).filter(vehicle__in=vans).values_list("vehicle", "product")),
        set(tried.values_list("vehicle__vin", "product")),
    )


def _take_package(basket: Basket, market: str, van: Vehicle, package: str, known: Known, done: set[str]) -> None:
    codes = [code for code in packages()[package].products if code not in done]
    is_whole = len(codes) == len(packages()[package].products)
    prices = shares(market, package) if is_whole and not any(why_not(van, code, known) for code in codes) else {}
    whole = offer(market, package)
    for code in codes:
        _take(basket, market, van, code, known, package if prices else "", prices.get(code), whole)
    done.update(codes)


def _take(
    basket: Basket,
    market: str,
    van: Vehicle,
    product: str,
    known: Known,
    package: str = "",
    price: Decimal | None = None,
    whole: Offer | None = None,
) -> None:
    left_out, single = why_not(van, product, known), offer(market, product)
    if left_out is not None:
        basket.left_out.append(left_out)
        return
    agreed = whole if package and whole is not None else single
    if agreed is None:
        return
    trial = 0 if (van.vin, product) in known.tried else agreed.trial_months
    price = agreed.price if price is None else price
    terms = Offer(price, agreed.currency, trial, agreed.notice_months)
    basket.wants.append(Want(van, product, package, terms, single.price if package and single else None))


def why_not(van: Vehicle, product: str, known: Known) -> LeftOut | None:
    """Why a van cannot have a product; None when it can be ordered."""
    if (van.pk, product) in known.there:
        return LeftOut(van, product, "there")
    if (van.pk, product) in known.ordered:
        return LeftOut(van, product, "ordered")
    misfit = products()[product].why_not(van)
    return LeftOut(van, product, "misfit", misfit) if misfit else None
