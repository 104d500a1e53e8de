"""The product catalogue in force: the operator's file `KOLONNE_CATALOGUE`, or the one that comes with Kolonne.

Everything is data (PR-01, PR-02): what is offered, what it collects, what it costs where. It is read once for each
program; a changed file counts after a restart.
"""

from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path

from kolonne import config
from kolonne.portal.commerce.catalogue_file import CatalogueError, parse_file
from kolonne.portal.commerce.catalogue_things import (
    Catalogue,
    Entitlement,
    Misfit,
    Offer,
    Package,
    Product,
    Service,
    Van,
    Words,
    union,
)

__all__ = [
    "CatalogueError",
    "Entitlement",
    "Misfit",
    "Offer",
    "Package",
    "Product",
    "Service",
    "Van",
    "Words",
    "builtin",
    "catalogue",
    "offer",
    "packages",
    "parse",
    "products",
    "services",
    "shares",
    "union",
]


@cache
def catalogue() -> Catalogue:
    """Raises CatalogueError with everything that is wrong in the operator's file."""
    path = config.load().catalogue
    return load(Path(path)) if path else builtin()


def load(path: Path) -> Catalogue:
    """A file. Raises CatalogueError, also when it cannot be read."""
    try:
        return parse_file(path.read_bytes(), path.name)
    except OSError as error:
        raise CatalogueError(
            f"{path}: cannot be read ({error.strerror}); name a file that this user may read"
        ) from error


@cache
def builtin() -> Catalogue:
    """The catalogue that comes with Kolonne. What an operator's file lacks is still known by name from it."""
    return parse_file(resources.files(__package__).joinpath("catalogue.yaml").read_bytes(), "catalogue.yaml")


def parse(text: bytes) -> dict[str, Product]:
    """Products by code. Raises CatalogueError."""
    return dict(parse_file(text, "catalogue").products)


def products() -> dict[str, Product]:
    """By code, in the order of the file."""
    return dict(catalogue().products)


def packages() -> dict[str, Package]:
    """By code, in the order of the file."""
    return dict(catalogue().packages)


def services() -> dict[str, Service]:
    return dict(catalogue().services)


def offer(market: str, code: str) -> Offer | None:
    """What a product or a package costs in a market (lower-case code); None where it is not offered, or unknown."""
    thing = catalogue().products.get(code) or catalogue().packages.get(code)
    return thing.offers.get(market) if thing else None


def shares(market: str, package: str) -> dict[str, Decimal]:
    """What each product of an offered package costs within it; together exactly the package's price."""
    return catalogue().shares(catalogue().packages[package], market)
