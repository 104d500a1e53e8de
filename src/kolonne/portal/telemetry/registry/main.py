"""`kolonne registry`."""

import asyncio
import signal
from contextlib import AsyncExitStack, suppress

import click
import nats.errors
import prometheus_client
import structlog
import uvloop
from nats.aio.client import Client

from kolonne import config
from kolonne.portal.lib import broker
from kolonne.portal.telemetry import database
from kolonne.portal.telemetry.registry.callout import Callout
from kolonne.portal.telemetry.registry.index import Index
from kolonne.portal.telemetry.registry.service import Registry
from kolonne.portal.telemetry.registry.sessions import Sessions
from kolonne.wire.nkeys import CurveKey, Key

log = structlog.get_logger()


@click.command()
@click.option("--metrics-port", type=int, default=0, help="Serve counters for Prometheus on loopback; 0 does not.")
def registry(metrics_port: int) -> None:
    """Say who a module is, and tell it what to collect."""
    settings = config.load()
    if metrics_port:
        prometheus_client.start_http_server(metrics_port, addr="127.0.0.1")
    with suppress(KeyboardInterrupt):
        uvloop.run(run(settings))


async def run(settings: config.Config) -> None:
    """Until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    work = asyncio.create_task(_work(settings))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
    for task in (work, stopping):
        task.cancel()
    with suppress(asyncio.CancelledError):
        await work


async def _work(settings: config.Config) -> None:
    async with AsyncExitStack() as stack:
        auth, system, modules = [
            await stack.enter_async_context(await broker.connect(settings, user))
            for user in ("auth", "sys", "registry")
        ]
        await _serve(settings, auth, system, modules)


async def _serve(settings: config.Config, auth: Client, system: Client, modules: Client) -> None:
    index, loaded = Index(), asyncio.Event()
    callout = Callout(
        issuer=Key.from_seed(settings.secret("nats-issuer")),
        curve=CurveKey.from_seed(settings.secret("nats-xkey")),
        find=index.get,
    )
    connect = database.connector(settings, "kolonne_registry", name="kolonne registry")
    sessions = Sessions(system)
    service = Registry(index, callout, sessions, modules, connect)
    async with asyncio.TaskGroup() as tasks:
        for client in (auth, system, modules):
            tasks.create_task(_end_with(client))
        tasks.create_task(sessions.run())
        tasks.create_task(service.follow(loaded))
        # Before the modules are known, all of them would be refused.
        await loaded.wait()
        await service.listen(auth)
        tasks.create_task(service.greet())
        log.info("ready", modules=len(index))


async def _end_with(client: Client) -> None:
    """Raises ConnectionClosedError when the connection has ended for good: the supervisor starts the program anew."""
    await broker.until_closed(client)
    raise nats.errors.ConnectionClosedError
