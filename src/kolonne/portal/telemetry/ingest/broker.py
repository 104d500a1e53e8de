"""A NATS client for one hot subject: parses whole socket reads at once and hands over batches.

nats-py makes an object and a queue entry per message, which costs this program a third of its rate (docs/adr/0010).
Here a lost connection loses nothing: modules repeat what was not acknowledged.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import cast
from urllib.parse import urlsplit

import structlog

from kolonne import __version__

log = structlog.get_logger()

Message = tuple[bytes, bytes]
"""(subject, payload)."""

_SILENCE_S = 20
_BUFFER = 1 << 20


class Wire(asyncio.BufferedProtocol):
    """The protocol on one connection; `closed` is set when it is gone."""

    def __init__(self, hello: bytes, deliver: Callable[[list[Message]], None]) -> None:
        self._hello = hello
        self._deliver = deliver
        self._buffer = bytearray(_BUFFER)
        self._filled = 0
        self._transport: asyncio.Transport | None = None
        self.ready = asyncio.Event()
        self.closed = asyncio.Event()
        self.choked = False
        self.heard = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()

    def pause_writing(self) -> None:
        self.choked = True

    def resume_writing(self) -> None:
        self.choked = False

    def write(self, data: bytes) -> bool:
        """False if it was not sent: gone, or the server does not read. Nothing is kept for later."""
        if self._transport is None or self.choked or self.closed.is_set():
            return False
        self._transport.write(data)
        return True

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._filled == len(self._buffer):
            grown = bytearray(2 * len(self._buffer))
            grown[: self._filled] = self._buffer
            self._buffer = grown
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self.heard = True
        end, position = self._filled + nbytes, 0
        buffer, batch = self._buffer, list[Message]()
        while (line_end := buffer.find(b"\r\n", position, end)) >= 0:
            if buffer[position] == 77:  # MSG subject sid [reply] length
                words = buffer[position:line_end].split(b" ")
                start = line_end + 2
                stop = start + int(words[-1])
                if stop + 2 > end:
                    break
                batch.append((bytes(words[1]), bytes(buffer[start:stop])))
                position = stop + 2
            else:
                self._control(bytes(buffer[position:line_end]))
                position = line_end + 2
        self._filled = end - position
        if position and self._filled:
            buffer[: self._filled] = buffer[position:end]
        if batch:
            self._deliver(batch)

    def _control(self, line: bytes) -> None:
        if line.startswith(b"PING"):
            self.write(b"PONG\r\n")
        elif line.startswith(b"PONG"):
            self.ready.set()
        elif line.startswith(b"-ERR"):
            # The server closes the connection after whatever is fatal.
            log.warning("nats refused something", error=line.decode("ascii", "replace"))


class Broker:
    """Keeps a connection to NATS, subscribed to one subject, for as long as the program runs."""

    def __init__(self, url: str, user: str, password: str, subject: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "127.0.0.1", address.port or 4222
        self._hello = _hello(user, password, subject)
        self._wire: Wire | None = None
        self.connected = asyncio.Event()

    def send(self, commands: bytes) -> bool:
        """Ready-made `PUB` commands; False if they were not sent."""
        return self._wire is not None and self._wire.write(commands)

    async def run(self, deliver: Callable[[list[Message]], None]) -> None:
        """Connects, and again after every loss, until cancelled."""
        wait = 0.1
        while True:
            wire = Wire(self._hello, deliver)
            try:
                await self._session(wire)
                wait = 0.1
            except (OSError, TimeoutError) as error:
                log.info("nats is away", error=str(error))
            finally:
                self.connected.clear()
                self._wire = None
                wire.close()
            await asyncio.sleep(wait)
            wait = min(wait * 2, 2)

    async def _session(self, wire: Wire) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(5):
            await loop.create_connection(lambda: wire, self._host, self._port)
            ready = asyncio.ensure_future(wire.ready.wait())
            closed = asyncio.ensure_future(wire.closed.wait())
            try:
                await asyncio.wait((ready, closed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                ready.cancel()
                closed.cancel()
        if wire.closed.is_set():
            raise OSError("NATS closed the connection: are user and password right?")
        log.info("connected to nats")
        self._wire = wire
        self.connected.set()
        while not wire.closed.is_set():
            wire.heard = False
            wire.write(b"PING\r\n")
            with suppress(TimeoutError):
                async with asyncio.timeout(_SILENCE_S):
                    await wire.closed.wait()
            if not wire.heard and not wire.closed.is_set():
                raise OSError(f"NATS said nothing for {_SILENCE_S} s")
        log.warning("lost nats")


def publish(subject: bytes, payload: bytes) -> bytes:
    """One `PUB` command."""
    return b"PUB %b %d\r\n%b\r\n" % (subject, len(payload), payload)


def _hello(user: str, password: str, subject: str) -> bytes:
    options = {
        "verbose": False,
        "pedantic": False,
        "headers": False,
        "user": user,
        "pass": password,
        "lang": "python",
        "version": __version__,
        "name": f"kolonne-{user}",
        "protocol": 1,
    }
    return f"CONNECT {json.dumps(options)}\r\nSUB {subject} 1\r\nPING\r\n".encode()
