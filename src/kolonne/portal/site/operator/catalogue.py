"""`kolonne catalogue`: what an operator checks before his own products, prices and terms count."""

import sys
from pathlib import Path

import click

from kolonne import config
from kolonne.config import ConfigError
from kolonne.portal.commerce.catalogue import builtin, load
from kolonne.portal.commerce.catalogue_things import Catalogue
from kolonne.portal.commerce.terms import ALL, GENERAL, Library, check, library


@click.group()
def catalogue() -> None:
    """Products, prices and terms."""


@catalogue.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--terms", type=click.Path(path_type=Path), help="A directory of terms, checked together with the file.")
def check_files(file: Path | None, terms: Path | None) -> None:
    """Say everything that is wrong in a catalogue FILE and in terms.

    Without FILE or --terms what KOLONNE_CATALOGUE and KOLONNE_TERMS name, else what comes with Kolonne. Ends with
    status 2 when something is wrong.
    """
    configured = config.load()
    path = file or (Path(configured.catalogue) if configured.catalogue else None)
    wrong = []
    try:
        click.echo(_summary(load(path) if path else builtin()))
    except ConfigError as error:
        wrong.append(str(error))
    try:
        click.echo(_terms(check(terms) if terms else library()))
    except ConfigError as error:
        wrong.append(str(error))
    if wrong:
        click.echo("\n".join(wrong), err=True)
        sys.exit(2)


def _summary(found: Catalogue) -> str:
    markets = sorted({market for product in found.products.values() for market in product.offers})
    offered = ", ".join(f"{m}: {sum(m in product.offers for product in found.products.values())}" for m in markets)
    return (
        f"Catalogue in order: {len(found.products)} products, {len(found.packages)} packages, {len(found.services)} "
        f"services. Products offered by market: {offered or 'none'}."
    )


def _terms(found: Library) -> str:
    lacking = "" if GENERAL in found.codes(ALL) else f" Markets without a folder of their own have no {GENERAL} terms."
    return f"Terms in order: {len({document.key for document in found.documents})} versions.{lacking}"
