"""How the programs that use nats-py reach NATS. Knows no Django."""

import asyncio
from collections.abc import Awaitable, Callable

import nats.errors
import structlog
from nats.aio.client import Client

from kolonne.config import Config

log = structlog.get_logger()

Callback = Callable[[], Awaitable[None]]

_ATTEMPT_S = 5.0
"""The client would try one address for ever; after this the address is read again."""
_PAUSE_S = 0.3
_LOOK_S = 1.0
_PENDING_BYTES = 64 * 1024 * 1024


async def connect(config: Config, user: str, *, on_reconnect: Callback | None = None) -> Client:
    """A connection as `user`, who has the secret `nats-<user>`; waits for NATS as long as it takes.

    It comes back by itself, for ever; only what the server calls our fault ends it (see `until_closed`).
    Raises ConfigError.
    """
    while True:
        client = Client()
        try:
            async with asyncio.timeout(_ATTEMPT_S):
                await client.connect(
                    config.endpoints().nats,
                    user=user,
                    password=config.secret(f"nats-{user}"),
                    name=f"kolonne-{user}",
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.2,  # type: ignore[arg-type]  # it is slept, and takes fractions
                    connect_timeout=2,
                    ping_interval=10,
                    pending_size=_PENDING_BYTES,
                    error_cb=_on_error,
                    reconnected_cb=on_reconnect,
                )
            return client
        except (OSError, nats.errors.Error) as error:
            log.info("nats is away", user=user, error=repr(error))
            await client.close()
            await asyncio.sleep(_PAUSE_S)
        except asyncio.CancelledError:
            # An attempt that is given up halfway closes nothing by itself.
            await client.close()
            raise


async def until_closed(client: Client) -> None:
    """Returns when the connection is closed and will not come back, for instance after a refused password."""
    while not client.is_closed:  # noqa: ASYNC110  # the callback for it would also be called before it is open
        await asyncio.sleep(_LOOK_S)


async def _on_error(error: Exception) -> None:
    log.warning("nats", error=repr(error))
