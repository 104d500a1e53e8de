"""`kolonne bench`."""

import json
from typing import Any

import click

from kolonne.bench import command as command_bench
from kolonne.bench import ingest as ingest_bench
from kolonne.bench import live as live_bench


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


@bench.command()
@click.option("--commands", default=command_bench.COMMANDS, show_default=True)
@click.option("--quick", is_flag=True, help="Ten commands: enough to see that everything works.")
def command(commands: int, *, quick: bool) -> None:
    """From a request in the portal to the signed reply of a module."""
    _print(command_bench.measure(commands=10 if quick else commands))


@bench.command()
@click.option("--browsers", default=live_bench.BROWSERS, show_default=True)
@click.option("--vans", default=live_bench.VANS, show_default=True)
@click.option("--seconds", default=10.0, show_default=True)
@click.option("--quick", is_flag=True, help="Three seconds: enough to see that everything works.")
def live(browsers: int, vans: int, seconds: float, *, quick: bool) -> None:
    """Changes of a fleet to many browsers."""
    _print(live_bench.measure(browsers=browsers, vans=vans, seconds=3.0 if quick else seconds))


def _print(figures: dict[str, Any]) -> None:
    click.echo(json.dumps(figures, indent=2))
