"""The hub's ear in NATS."""

import asyncio

import nats
import nats.errors
import structlog
from nats.aio.msg import Msg

from kolonne.config import Config
from kolonne.portal.telemetry.live.hub import Hub
from kolonne.wire.subjects import live_subject

log = structlog.get_logger()


async def listen(config: Config, hub: Hub) -> None:
    """Feeds the hub for ever; connects again by itself."""

    async def on_message(message: Msg) -> None:
        company = message.subject.removeprefix(live_subject(""))
        if company.isdecimal():
            hub.receive(int(company), message.data)

    async def on_reconnect() -> None:
        hub.resync()

    async def on_error(error: Exception) -> None:
        log.warning("nats", error=repr(error))

    while True:
        try:
            client = await nats.connect(
                config.endpoints().nats,
                user="portal",
                password=config.secret("nats-portal"),
                name="kolonne-portal",
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.2,
                connect_timeout=2,
                ping_interval=10,
                reconnected_cb=on_reconnect,
                error_cb=on_error,
            )
            await client.subscribe(live_subject("*"), cb=on_message)
        except (OSError, nats.errors.Error) as error:
            log.info("nats is away", error=str(error))
            await asyncio.sleep(0.3)
            continue
        await asyncio.Event().wait()
