"""What the link needs of a connection to the platform, and an implementation in memory.

`mqtt.connect` is the real one. The one in memory serves tests and whoever wants to watch an agent without a broker.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import NamedTuple, Protocol

from kolonne.module.errors import LinkLost, LinkRefused

_UNREAD = 10_000


class Message(NamedTuple):
    """One message; its kind is the last word of the topic (`wire.subjects`)."""

    kind: str
    payload: bytes


class Connection(Protocol):
    """An open connection of one module; it already listens."""

    async def publish(self, message: Message) -> None:
        """Hands a message to the network. Raises LinkLost."""

    def __aiter__(self) -> AsyncIterator[Message]:
        """What the platform says. Raises LinkLost."""


Connect = Callable[[], AbstractAsyncContextManager[Connection]]
"""Opens a connection. Raises LinkLost, LinkRefused."""


class MemoryBroker:
    """Both ends of connections without a network: what the module says is in `heard`, `say` speaks to it."""

    def __init__(self, *, capacity: int = 1000) -> None:
        self.heard: asyncio.Queue[Message] = asyncio.Queue(capacity)
        """Bounded: a module that speaks faster than it is heard has to wait."""
        self.connected = asyncio.Event()
        self.refusing = False
        self.refused = 0
        self.reachable = True
        self._open: _MemoryConnection | None = None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        if not self.reachable:
            raise LinkLost("nobody listens")
        if self.refusing:
            self.refused += 1
            raise LinkRefused("serial or secret is not accepted")
        connection = self._open = _MemoryConnection(self.heard)
        self.connected.set()
        try:
            yield connection
        finally:
            self.connected.clear()

    def say(self, kind: str, payload: bytes) -> None:
        """Speaks to the module; lost when it does not listen, like any message of quality of service 0."""
        if self._open is not None and self.connected.is_set():
            with suppress(asyncio.QueueFull):
                self._open.incoming.put_nowait(Message(kind, payload))

    def cut(self) -> None:
        """Breaks the connection."""
        if self._open is not None:
            self._open.incoming.put_nowait(None)


class _MemoryConnection:
    def __init__(self, heard: asyncio.Queue[Message]) -> None:
        self._heard = heard
        self.incoming: asyncio.Queue[Message | None] = asyncio.Queue(_UNREAD)
        self._cut = False

    async def publish(self, message: Message) -> None:
        if self._cut:
            raise LinkLost("the connection was cut")
        await self._heard.put(message)

    async def __aiter__(self) -> AsyncIterator[Message]:
        while (message := await self.incoming.get()) is not None:
            yield message
        self._cut = True
        raise LinkLost("the connection was cut")
