"""The streams' ear in PostgreSQL: whose access has ended."""

from collections.abc import Callable

from kolonne.portal.lib import channels
from kolonne.portal.telemetry.database import Connect

Doubt = Callable[[int | None], None]
"""Makes the streams of one person ask anew who watches; those of everybody when no person is named."""


async def follow(connect: Connect, doubt: Doubt) -> None:
    """Until the connection ends; the caller starts it again. Raises psycopg.Error, ConfigError."""
    async with await connect() as connection:
        await connection.execute(f"LISTEN {channels.PEOPLE}")
        doubt(None)  # What was said before this connection was not heard.
        async for note in connection.notifies():
            doubt(int(note.payload) if note.payload.isdecimal() else None)
