"""Products and services as data, read once from `catalogue.yaml` and checked against the signal catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

import msgspec

from kolonne.wire import commands, signals


class CatalogueError(Exception):
    """The catalogue names a signal, command, service or drive that does not exist."""


@dataclass(frozen=True)
class Service:
    name: str
    signals: dict[str, float]
    """Signal to the smallest interval in seconds."""
    commands: frozenset[str]


@dataclass(frozen=True)
class Product:
    name: str
    services: tuple[Service, ...]
    drives: frozenset[str]
    """Drives that it fits; empty fits all."""

    def fits(self, drive: str) -> bool:
        return not self.drives or drive in self.drives


@dataclass(frozen=True)
class Entitlement:
    """The union of several services: what a module shall send and which commands may reach the van."""

    signals: dict[str, float]
    commands: frozenset[str]


class _Service(msgspec.Struct, forbid_unknown_fields=True):
    signals: dict[str, float] = {}
    commands: list[str] = []


class _Product(msgspec.Struct, forbid_unknown_fields=True):
    services: list[str]
    drives: list[str] = []


class _File(msgspec.Struct, forbid_unknown_fields=True):
    services: dict[str, _Service]
    products: dict[str, _Product]


@cache
def products() -> dict[str, Product]:
    return parse(resources.files(__package__).joinpath("catalogue.yaml").read_bytes())


def parse(text: bytes) -> dict[str, Product]:
    """Products by name. Raises CatalogueError, naming the word that is unknown."""
    try:
        file = msgspec.yaml.decode(text, type=_File)
    except msgspec.ValidationError as error:
        raise CatalogueError(str(error)) from error
    services = {name: _service(name, service) for name, service in file.services.items()}
    return {name: _product(name, product, services) for name, product in file.products.items()}


def union(bought: Iterable[Product]) -> Entitlement:
    """What all these products allow together; the shortest interval of a signal counts."""
    wanted: dict[str, float] = {}
    allowed: set[str] = set()
    for service in (service for product in bought for service in product.services):
        allowed |= service.commands
        for name, interval in service.signals.items():
            wanted[name] = min(interval, wanted.get(name, interval))
    return Entitlement(signals=dict(sorted(wanted.items())), commands=frozenset(allowed))


def _service(name: str, raw: _Service) -> Service:
    unknown = set(raw.commands) - commands.KINDS.keys()
    if unknown:
        raise CatalogueError(f"service {name}: no such command: {', '.join(sorted(unknown))}")
    expanded: dict[str, float] = {}
    for word, interval in raw.signals.items():
        for signal in _named(name, word):
            expanded[signal] = min(interval, expanded.get(signal, interval))
    return Service(name, expanded, frozenset(raw.commands))


def _named(service: str, word: str) -> list[str]:
    group = word.removeprefix("group:")
    names = [s.name for s in signals.catalogue().values() if (s.group == group if group != word else s.name == word)]
    if not names:
        raise CatalogueError(f"service {service}: no such signal: {word}")
    return names


def _product(name: str, raw: _Product, services: dict[str, Service]) -> Product:
    unknown = [word for word in raw.services if word not in services]
    if unknown:
        raise CatalogueError(f"product {name}: no such service: {', '.join(unknown)}")
    return Product(name, tuple(services[word] for word in raw.services), frozenset(raw.drives))
