"""What a catalogue holds: services, products, packages, and what they cost where (PR-01, PR-02)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

import msgspec

LANGUAGES = ("en", "de", "nb")
DRIVES = ("electric", "diesel", "petrol", "hybrid")
CENT = Decimal("0.01")


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in every language that Kolonne speaks."""

    en: str
    de: str
    nb: str

    def of(self, language: str) -> str:
        """In the reader's language; English for one that Kolonne does not speak."""
        return str(getattr(self, language if language in LANGUAGES else "en"))


class Van(Protocol):
    """What decides whether a product fits: a vehicle, or what somebody is about to add."""

    @property
    def drive(self) -> str: ...
    @property
    def make(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def equipment(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Misfit:
    """Why a product does not fit a van, for programs; `texts.of_misfit` says it to people."""

    reason: str
    """`drive`, `model` or `equipment`."""
    wanted: tuple[str, ...]
    """Drives or models of which one must be there, equipment that is missing."""


@dataclass(frozen=True)
class Service:
    """What is collected and what may be asked of a van; nothing else is collected or may be asked."""

    code: str
    name: Words
    text: Words
    signals: Mapping[str, float]
    """Signal to the smallest interval in seconds."""
    commands: frozenset[str]
    pages: tuple[str, ...]
    """Where people see it, in the words of `catalogue_file.PAGES`."""


@dataclass(frozen=True)
class Offer:
    """What something costs in a market: per van and month, without VAT, after the trial."""

    price: Decimal
    currency: str
    trial_months: int
    notice_months: int


@dataclass(frozen=True)
class Product:
    """What a company buys for a van."""

    code: str
    name: Words
    text: Words
    icon: str
    services: tuple[Service, ...]
    drives: frozenset[str] = frozenset()
    """Drives that it fits; empty fits all."""
    models: tuple[str, ...] = ()
    """How make and model together begin, e.g. `Kolonne E-van`; empty fits all."""
    equipment: frozenset[str] = frozenset()
    """What the van must have, all of it."""
    offers: Mapping[str, Offer] = field(default_factory=dict)
    """By market; nowhere else it is sold."""

    def fits(self, van: Van) -> bool:
        return self.why_not(van) is None

    def why_not(self, van: Van) -> Misfit | None:
        """The first thing that the van lacks, None when the product fits it. Asked before the purchase (PR-02)."""
        if self.drives and van.drive not in self.drives:
            return Misfit("drive", tuple(drive for drive in DRIVES if drive in self.drives))
        if self.models and not any(_is_called(van, model) for model in self.models):
            return Misfit("model", self.models)
        missing = self.equipment.difference(van.equipment)
        return Misfit("equipment", tuple(sorted(missing))) if missing else None


def _is_called(van: Van, model: str) -> bool:
    called, wanted = (" ".join(words.casefold().split()) for words in (f"{van.make} {van.model}", model))
    return f"{called} ".startswith(f"{wanted} ")


@dataclass(frozen=True)
class Package:
    """Products bought together, at a price of their own."""

    code: str
    name: Words
    text: Words
    products: tuple[str, ...]
    offers: Mapping[str, Offer]


@dataclass(frozen=True)
class Catalogue:
    services: Mapping[str, Service]
    products: Mapping[str, Product]
    packages: Mapping[str, Package]
    equipment: Mapping[str, Words]

    def shares(self, package: Package, market: str) -> dict[str, Decimal]:
        """What each product of a package costs within it: in proportion to the single prices, to the cent, and
        together exactly the price of the package. The package must be offered in the market."""
        whole = package.offers[market].price
        singly = {code: self.products[code].offers[market].price for code in package.products}
        sum_singly = sum(singly.values(), Decimal(0))
        if not sum_singly:
            return dict(singly)
        shares = {
            code: (whole * price / sum_singly).quantize(CENT, rounding=ROUND_DOWN) for code, price in singly.items()
        }
        for code in package.products:
            if sum(shares.values()) == whole:
                break
            shares[code] += min(CENT, whole - sum(shares.values()))
        return shares


@dataclass(frozen=True)
class Entitlement:
    """The union of several services: what a module shall send and which commands may reach the van."""

    signals: dict[str, float]
    commands: frozenset[str]


def union(bought: Iterable[Product]) -> Entitlement:
    """What all these products allow together; the shortest interval of a signal counts."""
    wanted: dict[str, float] = {}
    allowed: set[str] = set()
    for service in (service for product in bought for service in product.services):
        allowed |= service.commands
        for name, interval in service.signals.items():
            wanted[name] = min(interval, wanted.get(name, interval))
    return Entitlement(signals=dict(sorted(wanted.items())), commands=frozenset(allowed))
