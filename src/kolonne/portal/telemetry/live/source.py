"""The hub's ear in NATS."""

import structlog
from nats.aio.msg import Msg

from kolonne.config import Config
from kolonne.portal.lib import broker
from kolonne.portal.telemetry.live.hub import Hub
from kolonne.wire.subjects import live_subject

log = structlog.get_logger()


async def listen(config: Config, hub: Hub) -> None:
    """Feeds the hub until the connection has ended for good; what is only away comes back by itself.

    Raises ConfigError, nats.errors.Error."""

    async def on_message(message: Msg) -> None:
        company = message.subject.removeprefix(live_subject(""))
        if company.isdecimal():
            hub.receive(int(company), message.data)

    async def on_reconnect() -> None:
        hub.resync()

    client = await broker.connect(config, "portal", on_reconnect=on_reconnect)
    try:
        await client.subscribe(live_subject("*"), cb=on_message)
        await client.flush()
        # Pages that came before this connection may have missed something.
        hub.resync()
        await broker.until_closed(client)
    finally:
        await client.close()
