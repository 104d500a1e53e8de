"""`kolonne registry`."""

import asyncio
import signal
from contextlib import suppress

import click
import nats
import nats.errors
import prometheus_client
import structlog
import uvloop
from nats.aio.client import Client

from kolonne import config
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
    index, loaded = Index(), asyncio.Event()
    auth, system, modules = [await _connect(settings, user) for user in ("auth", "sys", "registry")]
    callout = Callout(
        issuer=Key.from_seed(settings.secret("nats-issuer")),
        curve=CurveKey.from_seed(settings.secret("nats-xkey")),
        find=index.get,
    )
    connect = database.connector(settings, "kolonne_registry", name="kolonne registry")
    service = Registry(index, callout, Sessions(system), modules, connect)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(service.follow(loaded))
        # Before the modules are known, all of them would be refused.
        await loaded.wait()
        await service.listen(auth)
        tasks.create_task(service.greet())
        log.info("ready", modules=len(index))


async def _connect(settings: config.Config, user: str) -> Client:
    """Comes back by itself, for ever."""
    while True:
        try:
            return await nats.connect(
                settings.endpoints().nats,
                user=user,
                password=settings.secret(f"nats-{user}"),
                name=f"kolonne-{user}",
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.2,
                connect_timeout=2,
                ping_interval=10,
                pending_size=64 * 1024 * 1024,
                error_cb=_on_error,
            )
        except (OSError, nats.errors.Error) as error:
            log.info("nats is away", user=user, error=str(error))
            await asyncio.sleep(0.3)


async def _on_error(error: Exception) -> None:
    log.warning("nats", error=repr(error))
