"""`kolonne module`: one communication module on this computer."""

import asyncio
import json
import logging
import os
import signal
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import click

from kolonne import config as settings
from kolonne.module import mqtt, sources
from kolonne.module.agent import Agent, AgentSettings, Tally
from kolonne.module.claiming import keep_renewed
from kolonne.module.enrolment import Enrolment, Told, enrolment
from kolonne.module.errors import ModuleError
from kolonne.module.log import Log
from kolonne.module.sources import Feed, SourceOptions

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("module", invoke_without_command=True)
@click.option(
    "--source", default="trace", show_default=True, help="Where readings come from: trace, gnss, can, roads …"
)
@click.option("--file", type=_FILE, help="Recording, table of CAN signals, road extract or scenario.")
@click.option("--device", default="", help="Serial device (/dev/ttyUSB0@9600) or CAN interface (can0).")
@click.option("--realtime", is_flag=True, help="Pace a recording by its own intervals.")
@click.option("--again", is_flag=True, help="Send a recording anew that this store has sent before.")
@click.option("--rebase", is_flag=True, help="Shift recorded times to now.")
@click.option("--timezone", default="UTC", show_default=True, help="Zone of recorded local times.")
@click.option("--enrolment", "paper", type=_FILE, help="What `kolonne module enrol --json` printed.")
@click.option("--claim", default="", help="Code from the van's page: come into service, with an empty store.")
@click.option("--platform", default="", help="https://host of the platform that gave the code.")
@click.option("--serial", default="", help="Who this module is. Else: KOLONNE_MODULE_SERIAL.")
@click.option("--secret-file", type=_FILE, help="File with the module's secret. Else: KOLONNE_MODULE_SECRET(_FILE).")
@click.option("--broker", default="", help="host:port of the platform, or mqtts://host:port. Else: this machine's.")
@click.option("--command-key", default="", help="Public key of the platform's signer, hexadecimal.")
@click.option("--store", type=_FILE, help="File that keeps readings until the platform has them.")
@click.option("--tls-ca", type=_FILE, help="Authorities that may vouch for the platform; switches TLS on.")
@click.option("--tls-cert", type=_FILE, help="The module's certificate.")
@click.option("--tls-key", type=_FILE, help="The certificate's private key.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def module(context: click.Context, /, **given: Any) -> None:
    """Run a communication module: collect readings, send them, obey commands.

    A recording ends when the platform has stored all of it; everything else runs until it is stopped.
    """
    if context.invoked_subcommand is not None:
        return
    config = settings.load()
    logging.basicConfig(level=config.log_level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    try:
        who = enrolment(_told(given), config)
        feed = sources.open_source(given["source"], _source_options(given, who.serial))
        tally = asyncio.run(_run(who, feed, again=given["again"]))
    except ModuleError as error:
        raise click.ClickException(str(error)) from error
    except ExceptionGroup as group:
        raise click.ClickException(str(_known(group))) from group
    click.echo(json.dumps(asdict(tally)) if given["as_json"] else report(tally))


def report(tally: Tally) -> str:
    """What became of the readings, in one line."""
    parts = [f"{tally.stored} readings stored", f"{tally.without_wanted} without wanted signals"]
    parts.append(f"{tally.skipped} rows skipped")
    parts += [f"{tally.impossible_values} impossible values"] if tally.impossible_values else []
    parts += [f"{tally.dropped} dropped"] if tally.dropped else []
    return ", ".join(parts)


def _told(given: dict[str, Any]) -> Told:
    files = (given["tls_ca"], given["tls_cert"], given["tls_key"])
    return Told(
        serial=given["serial"],
        secret_file=given["secret_file"],
        broker=given["broker"],
        command_key=given["command_key"],
        store=given["store"],
        enrolment=given["paper"],
        claim=given["claim"],
        platform=given["platform"],
        tls=mqtt.Tls(*files) if any(files) else None,
    )


def _source_options(given: dict[str, Any], serial: str) -> SourceOptions:
    plain = {name: given[name] for name in ("file", "device", "realtime", "rebase", "timezone")}
    return SourceOptions(**plain, serial=serial)


async def _run(who: Enrolment, feed: Feed, *, again: bool) -> Tally:
    """Runs the agent until the source ends or somebody stops the program."""
    agent = Agent(
        AgentSettings(who.serial, who.command_key, who.store, again=again),
        feed.source,
        feed.van,
        connect=partial(mqtt.connect, who.broker, who.serial),
    )
    run = asyncio.create_task(_with_renewal(agent, who))
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stop, run.cancel)
    try:
        return await run
    except asyncio.CancelledError:
        return agent.tally


async def _with_renewal(agent: Agent, who: Enrolment) -> Tally:
    renewal = asyncio.create_task(_renewal(who))
    try:
        return await agent.run()
    finally:
        renewal.cancel()


async def _renewal(who: Enrolment) -> None:
    if who.renews:
        await keep_renewed(who.store, random=Random(os.urandom(8)), log=Log(__name__, serial=who.serial))  # noqa: S311


def _known(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of ours in a group; anything else is a mistake in the program and keeps its traceback."""
    ours, others = group.split(ModuleError)
    if others is not None or ours is None:
        raise group
    first: BaseException = ours
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
