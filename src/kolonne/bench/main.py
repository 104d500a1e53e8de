"""`kolonne bench`."""

import json
from typing import Any

import click

from kolonne.bench import ingest as ingest_bench


@click.group()
def bench() -> None:
    """Measure, beside the limit of this machine in the same run; prints JSON.

    Engines and data are temporary; a running platform is not touched, but shares the processors.
    """


@bench.command()
@click.option("--modules", default=ingest_bench.MODULES, show_default=True)
@click.option("--seconds", default=5.0, show_default=True, help="Of each run.")
@click.option("--quick", is_flag=True, help="Two seconds a run: enough to see that everything works.")
def ingest(modules: int, seconds: float, *, quick: bool) -> None:
    """From a module's socket to the acknowledgement of its committed readings."""
    _print(ingest_bench.measure(modules=modules, seconds=2.0 if quick else seconds))


def _print(figures: dict[str, Any]) -> None:
    click.echo(json.dumps(figures, indent=2))
