"""What the page of a new order offers: services, vans, and what of them is there already, said before anybody chooses
it (PR-01, PR-02)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import ngettext, ngettext_lazy

from kolonne.portal.commerce import catalogue, money, texts
from kolonne.portal.commerce.basket import Known, known_of, why_not
from kolonne.portal.commerce.summary import in_a_line
from kolonne.portal.commerce.texts import ProductWords
from kolonne.portal.companies.models import Company
from kolonne.portal.vehicles.models import Vehicle

SHOWN_VANS = 200
"""To choose from at once; the search finds the others."""
STANDS = {
    "there": ngettext_lazy("runs on %(n)s of %(all)s van", "runs on %(n)s of %(all)s vans", "all"),
    "ordered": ngettext_lazy("on order for %(n)s of %(all)s van", "on order for %(n)s of %(all)s vans", "all"),
    "misfit": ngettext_lazy("does not fit %(n)s of %(all)s van", "does not fit %(n)s of %(all)s vans", "all"),
}
"""Why a product cannot be ordered for some vans, by `LeftOut.reason`."""


@dataclass(frozen=True)
class Offered:
    """A product or a package with its price in the company's market."""

    words: ProductWords
    price: str
    trial_months: int
    parts: list[str]
    """Names of the products of a package."""
    there: str
    """How it stands with the vans of the page; empty when it can be ordered for all of them."""
    is_over: bool
    """Whether it can be ordered for none of them."""


@dataclass(frozen=True)
class VanToChoose:
    vehicle: Vehicle
    running: str
    """Names of the services that it has."""
    ordered: str
    """Of those that it awaits."""


@dataclass(frozen=True)
class Choice:
    vans: list[VanToChoose]
    more: int
    """How many the search would find that are not shown."""
    total: int
    products: list[Offered]
    packages: list[Offered]

    @property
    def shown(self) -> list[Vehicle]:
        return [van.vehicle for van in self.vans]


def to_choose(company: Company, search: str) -> Choice:
    """Vans by plate; every word of the search must be in plate, name or VIN. What can be ordered comes first. Needs the
    company's scope."""
    found = Vehicle.objects.filter(company_id=company.pk).order_by("plate", "pk")
    total = found.count()
    for word in search.split():
        found = found.filter(Q(plate__icontains=word) | Q(name__icontains=word) | Q(vin__icontains=word))
    vans = list(found[:SHOWN_VANS])
    more = found.count() - len(vans) if len(vans) == SHOWN_VANS else 0
    known = known_of(company, vans)
    running, ordered = _by_van(known.there), _by_van(known.ordered)
    shown = [VanToChoose(van, in_a_line(running[van.pk]), in_a_line(ordered[van.pk])) for van in vans]
    products = [
        _offered(texts.of_product(code), company.market_id, [code], vans, known)
        for code in catalogue.products()
        if catalogue.offer(company.market_id, code)
    ]
    packages = [
        _offered(texts.of_package(code), company.market_id, package.products, vans, known)
        for code, package in catalogue.packages().items()
        if catalogue.offer(company.market_id, code)
    ]
    return Choice(
        shown, more, total, sorted(products, key=lambda one: one.is_over), sorted(packages, key=lambda one: one.is_over)
    )


def _by_van(pairs: Iterable[tuple[int, str]]) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for van, product in pairs:
        found[van].append(product)
    return found


def _offered(words: ProductWords, market: str, codes: Sequence[str], vans: Sequence[Vehicle], known: Known) -> Offered:
    found = catalogue.offer(market, words.code)
    price = money.money(found.price, found.currency, texts.language()) if found else ""
    is_package = words.code in catalogue.packages()
    hindered = [[one.reason for code in codes if (one := why_not(van, code, known))] for van in vans]
    return Offered(
        words,
        price,
        found.trial_months if found else 0,
        [texts.of_product(code).name for code in codes] if is_package else [],
        _of_package(hindered, len(codes)) if is_package else _of_product(hindered),
        bool(vans) and all(len(reasons) == len(codes) for reasons in hindered),
    )


def _of_product(hindered: Sequence[Sequence[str]]) -> str:
    count, vans = Counter(reason for reasons in hindered for reason in reasons), len(hindered)
    return " · ".join(words % {"n": count[reason], "all": vans} for reason, words in STANDS.items() if count[reason])


def _of_package(hindered: Sequence[Sequence[str]], parts: int) -> str:
    """Its price counts for a van that can have all of it."""
    in_part = sum(0 < len(reasons) < parts for reasons in hindered)
    if in_part:
        text = ngettext(
            "On %(n)s van a part of it runs already, is on order or does not fit: the rest is ordered singly there.",
            "On %(n)s vans a part of it runs already, is on order or does not fit: the rest is ordered singly there.",
            in_part,
        )
        return text % {"n": in_part}
    if any(hindered):
        return _of_product([reasons[:1] for reasons in hindered])
    return ""
