"""What the page "Products" shows: what each product costs here, what runs of it, and how many vans it would fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q
from django.utils import timezone

from kolonne.portal.commerce import texts
from kolonne.portal.commerce.catalogue import Offer, Package, Product, Service, offer, packages, products
from kolonne.portal.commerce.models import Assignment, ContractState
from kolonne.portal.commerce.money import money
from kolonne.portal.companies.models import Company
from kolonne.portal.vehicles.models import Vehicle


@dataclass(frozen=True)
class Price:
    """Per van and month, without VAT, as people read it."""

    amount: str
    trial_months: int
    notice_months: int


@dataclass(frozen=True)
class Contents:
    """One service of a product, in words and, for those who ask, exactly."""

    name: str
    text: str
    signals: list[str]
    commands: list[str]
    pages: list[str]


@dataclass(frozen=True)
class Running:
    """On how many vans a product runs."""

    vans: int = 0
    trials: int = 0
    """So many of them are free of charge now."""
    trial_until: date | None = None
    """The last day of the trial that ends first."""
    days_left: int = 0


@dataclass(frozen=True)
class Card:
    """A product on the page."""

    words: texts.ProductWords
    price: Price | None
    """None: not offered in this market."""
    contents: list[Contents]
    running: Running
    fits: int
    """How many of the company's vans it fits."""
    why_not: str
    """When it fits none: why not."""


@dataclass(frozen=True)
class Bundle:
    """A package on the page."""

    words: texts.ProductWords
    products: list[texts.ProductWords]
    price: Price
    singly: str
    saved: str


@dataclass(frozen=True)
class Overview:
    vans: int
    cards: list[Card] = field(default_factory=list)
    bundles: list[Bundle] = field(default_factory=list)
    elsewhere: list[Card] = field(default_factory=list)
    """Not offered in this market, or not any more."""


class _Kind(NamedTuple):
    """Vans that are alike, as far as products ask."""

    drive: str
    make: str
    model: str
    equipment: Sequence[str]


def overview(company: Company, now: datetime | None = None) -> Overview:
    """Needs the company's scope. Asks the database the same number of questions for any number of vans."""
    kinds, running = _kinds(company), _running(company, now or timezone.now())
    made = [_card(company, product, kinds, running.get(product.code, Running())) for product in products().values()]
    gone = [_gone(code, found) for code, found in running.items() if code not in products()]
    return Overview(
        vans=sum(count for _kind, count in kinds),
        cards=[card for card in made if card.price],
        bundles=[_bundle(company.market_id, p, p.offers[company.market_id]) for p in _offered(company)],
        elsewhere=[card for card in made if not card.price] + gone,
    )


def _offered(company: Company) -> Iterable[Package]:
    return [package for package in packages().values() if company.market_id in package.offers]


def _kinds(company: Company) -> list[tuple[_Kind, int]]:
    vans = Vehicle.objects.filter(company_id=company.pk).values_list("drive", "make", "model", "equipment")
    counted = vans.annotate(n=Count("pk")).order_by()
    return [(_Kind(drive, make, model, equipment), n) for drive, make, model, equipment, n in counted]


def _running(company: Company, now: datetime) -> dict[str, Running]:
    lines = Assignment.objects.filter(company_id=company.pk, ended_at=None).values("product").order_by("product")
    trial = Q(state=ContractState.TRIAL)
    zone, found = ZoneInfo(company.time_zone), {}
    counted = lines.annotate(n=Count("pk"), trials=Count("pk", filter=trial), first=Min("trial_until", filter=trial))
    for row in counted.values("product", "n", "trials", "first"):
        # A trial ends with a midnight, which belongs to the day before.
        last = (row["first"].astimezone(zone) - timedelta(microseconds=1)).date() if row["first"] else None
        left = max(0, (last - now.astimezone(zone).date()).days) if last else 0
        found[row["product"]] = Running(row["n"], row["trials"], last, left)
    return found


def _card(company: Company, product: Product, kinds: list[tuple[_Kind, int]], running: Running) -> Card:
    offered = offer(company.market_id, product.code)
    fits = sum(count for kind, count in kinds if product.fits(kind))
    why_not = texts.why_not(product, kinds[0][0]) if kinds and not fits else ""
    return Card(
        texts.of_product(product.code),
        _price(offered) if offered else None,
        [_contents(service) for service in product.services],
        running,
        fits,
        why_not,
    )


def _gone(code: str, running: Running) -> Card:
    return Card(texts.of_product(code), None, [], running, 0, "")


def _price(offered: Offer) -> Price:
    return Price(_said(offered.price, offered), offered.trial_months, offered.notice_months)


def _said(amount: Decimal, offered: Offer) -> str:
    return money(amount, offered.currency, texts.language())


def _contents(service: Service) -> Contents:
    words = texts.of_service(service)
    pages = [texts.of_page(page) for page in service.pages]
    return Contents(words.name, words.text, sorted(service.signals), sorted(service.commands), pages)


def _bundle(market: str, package: Package, offered: Offer) -> Bundle:
    singly = sum((products()[code].offers[market].price for code in package.products), Decimal(0))
    return Bundle(
        texts.of_package(package.code),
        [texts.of_product(code) for code in package.products],
        _price(offered),
        _said(singly, offered),
        _said(singly - offered.price, offered),
    )
