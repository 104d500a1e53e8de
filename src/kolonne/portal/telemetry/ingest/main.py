"""`kolonne ingest`."""

import asyncio
import gc
import signal
from contextlib import suppress

import click
import prometheus_client
import structlog
import uvloop

from kolonne import config
from kolonne.portal.telemetry import database
from kolonne.portal.telemetry.database import Connect
from kolonne.portal.telemetry.ingest.binding import Bindings
from kolonne.portal.telemetry.ingest.broker import Broker
from kolonne.portal.telemetry.ingest.pipeline import Pipeline
from kolonne.portal.telemetry.ingest.watch import keep_fresh
from kolonne.wire.subjects import TELEMETRY, up_subject

log = structlog.get_logger()


@click.command()
@click.option("--metrics-port", type=int, default=0, help="Serve counters for Prometheus on loopback; 0 does not.")
def ingest(metrics_port: int) -> None:
    """Store what modules send, and acknowledge it once it is committed."""
    settings = config.load()
    if metrics_port:
        prometheus_client.start_http_server(metrics_port, addr="127.0.0.1")
    # A flush makes some ten thousand short-lived containers and no cycles: looking for those would cost a tenth.
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    with suppress(KeyboardInterrupt):
        uvloop.run(run(settings))


async def run(settings: config.Config) -> None:
    """Until SIGTERM. What is not committed by then, modules send again."""
    connect = database.connector(settings, "kolonne_ingest", name="kolonne ingest")
    subject = up_subject("*", TELEMETRY)
    broker = Broker(settings.endpoints().nats, "ingest", settings.secret("nats-ingest"), subject)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    work = asyncio.create_task(_work(broker, connect, settings.late_days))
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
    for task in (work, stopping):
        task.cancel()
    with suppress(asyncio.CancelledError):
        await work
    log.info("stopped", ended_by="signal" if stopping in done else "error")


async def _work(broker: Broker, connect: Connect, late_days: int) -> None:
    bindings, loaded = Bindings(late_days), asyncio.Event()
    pipeline = Pipeline(broker, bindings, connect)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keep_fresh(bindings, connect, loaded))
        # Before the bindings are known, every module would look like a stranger.
        await loaded.wait()
        tasks.create_task(pipeline.run())
        tasks.create_task(broker.run(pipeline.inbox.deliver))
        log.info("ready", modules=len(bindings))
