"""Background work that nothing ends but being cancelled."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

PAUSE_S = 1.0


async def for_ever(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Starts `work` again, after a pause, when it failed or ended."""
    while True:
        try:
            await work()
            log.warning("background work ended", work=name)
        except Exception as error:  # noqa: BLE001  # the edge of a loop
            # As plain text: a pretty trace would print the values of variables, positions among them.
            log.error("background work failed", work=name, trace="".join(traceback.format_exception(error)))
        await asyncio.sleep(PAUSE_S)
