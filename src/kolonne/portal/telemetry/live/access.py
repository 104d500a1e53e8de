"""The streams' ear in PostgreSQL: whose access has ended, and of whose vans something else may be seen."""

from collections.abc import Callable
from typing import Protocol

from kolonne.portal.lib import channels
from kolonne.portal.telemetry.database import Connect

Doubt = Callable[[int | None], None]
"""Makes the streams of one person ask anew who watches; those of everybody when no person is named."""


class Changed(Protocol):
    """Told of a company whose services changed, of all when none is named, and whether a van left it."""

    def __call__(self, company: int | None, *, van_left: bool) -> None: ...


async def follow(connect: Connect, doubt: Doubt, changed: Changed) -> None:
    """Until the connection ends; the caller starts it again. Raises psycopg.Error, ConfigError."""
    async with await connect() as connection:
        await connection.execute(f"LISTEN {channels.SERVICES}")
        await connection.execute(f"LISTEN {channels.PEOPLE}")
        doubt(None)  # What was said before this connection was not heard.
        changed(None, van_left=False)
        async for note in connection.notifies():
            who, _, what = note.payload.partition(" ")
            whom = int(who) if who.isdecimal() else None
            if note.channel == channels.SERVICES:
                changed(whom, van_left=what == channels.VAN_LEFT)
            else:
                doubt(whom)
