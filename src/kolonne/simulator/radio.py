"""The radio of a simulated van: a connection that really breaks in a dead spot and comes back behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from kolonne.module.errors import LinkLost
from kolonne.module.transport import Connect, Connection, Message
from kolonne.wire.subjects import PROFILE


class Radio:
    """Wraps the way to the platform. Off: an open connection breaks, and a new one waits until it is on again."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._on = asyncio.Event()
        self._on.set()
        self._off = asyncio.Event()
        self.heard_profile = asyncio.Event()
        """Set once the platform has said what it wants collected."""

    def turn(self, *, on: bool) -> None:
        (self._on if on else self._off).set()
        (self._off if on else self._on).clear()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        await self._on.wait()
        async with self._connect() as connection:
            yield _Covered(connection, self._off, self.heard_profile)


class _Covered:
    """A connection that lasts as long as the coverage."""

    def __init__(self, connection: Connection, off: asyncio.Event, heard_profile: asyncio.Event) -> None:
        self._connection = connection
        self._off = off
        self._heard_profile = heard_profile

    async def publish(self, message: Message) -> None:
        if self._off.is_set():
            raise LinkLost("no network here")
        await self._connection.publish(message)

    async def __aiter__(self) -> AsyncIterator[Message]:
        messages = aiter(self._connection)
        off: asyncio.Future[Any] = asyncio.ensure_future(self._off.wait())
        following: asyncio.Future[Any] = asyncio.ensure_future(anext(messages))
        try:
            while True:
                await asyncio.wait([off, following], return_when=asyncio.FIRST_COMPLETED)
                if off.done():
                    raise LinkLost("no network here")
                message: Message = following.result()
                if message.kind == PROFILE:
                    self._heard_profile.set()
                yield message
                following = asyncio.ensure_future(anext(messages))
        finally:
            off.cancel()
            following.cancel()
