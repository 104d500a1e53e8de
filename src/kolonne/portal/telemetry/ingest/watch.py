"""Keeps the bindings fresh: at once on a notification of the database, and every few seconds whole."""

import asyncio
import time

import psycopg
import structlog

from kolonne.portal.lib import channels
from kolonne.portal.telemetry.database import READ_AGAIN_S, Connect
from kolonne.portal.telemetry.ingest.binding import Bindings

log = structlog.get_logger()


async def keep_fresh(bindings: Bindings, connect: Connect, loaded: asyncio.Event) -> None:
    """Until cancelled; sets `loaded` after the first time. While the database is away, the last known ones hold."""
    while True:
        try:
            async with await connect() as connection:
                await connection.execute(f"LISTEN {channels.MODULES}")
                while True:
                    await bindings.reload(connection)
                    loaded.set()
                    await _obey(bindings, connection, until=time.monotonic() + READ_AGAIN_S)
        except (psycopg.Error, OSError) as error:
            log.warning("bindings cannot be read", error=str(error).strip())
        await asyncio.sleep(0.5)


async def _obey(bindings: Bindings, connection: psycopg.AsyncConnection[object], until: float) -> None:
    while (left := until - time.monotonic()) > 0:
        serials = {note.payload async for note in connection.notifies(timeout=left, stop_after=1)}
        for serial in serials:
            await bindings.reload_one(connection, serial)
