"""The CAN bus by Linux SocketCAN: listens by a table of signals, and asks the standard questions of OBD-II."""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

from kolonne.module.errors import SourceError
from kolonne.module.sources import Feed, PassiveVan, Reading, SourceOptions
from kolonne.module.sources.candb import (
    OBD_QUESTIONS,
    CanFrame,
    Decoder,
    load_definitions,
    obd_answer,
    obd_request,
)

ASK_EVERY_S = 1.0

_FRAME = struct.Struct("=IB3x8s")
_EXTENDED, _REMOTE, _ERROR = 0x80000000, 0x40000000, 0x20000000
_ID_BITS = 0x1FFFFFFF


class FrameBus(Protocol):
    """A bus that frames come from and go to."""

    async def receive(self) -> CanFrame | None:
        """The next frame; None at the end of a recorded bus. Raises SourceError when a real one is gone."""

    async def send(self, frame: CanFrame) -> None: ...


def packed(frame: CanFrame) -> bytes:
    """As the kernel's `struct can_frame`."""
    flags = _EXTENDED if frame.extended else 0
    return _FRAME.pack(frame.can_id | flags, len(frame.data), frame.data)


def unpacked(raw: bytes) -> CanFrame | None:
    """None for remote and error frames, which carry no values."""
    if len(raw) != _FRAME.size:
        return None
    word, length, data = _FRAME.unpack(raw)
    if word & (_REMOTE | _ERROR) or length > 8:
        return None
    return CanFrame(word & _ID_BITS, data[:length], bool(word & _EXTENDED))


class SocketCanBus:
    """A raw socket on an interface such as `can0`."""

    def __init__(self, interface: str) -> None:
        """Raises SourceError."""
        family = getattr(socket, "AF_CAN", None)
        if family is None:
            raise SourceError("this system has no SocketCAN: the CAN source needs Linux")
        self._interface = interface
        try:
            self._socket = socket.socket(family, socket.SOCK_RAW, socket.CAN_RAW)
            self._socket.settimeout(0)
            self._socket.bind((interface,))
        except OSError as error:
            raise SourceError(f"{interface} cannot be opened ({error.strerror}): is the interface up?") from error

    async def receive(self) -> CanFrame:
        loop = asyncio.get_running_loop()
        while True:
            try:
                raw = await loop.sock_recv(self._socket, _FRAME.size)
            except OSError as error:
                raise SourceError(f"{self._interface}: the bus is gone ({error.strerror})") from error
            if (frame := unpacked(raw)) is not None:
                return frame

    async def send(self, frame: CanFrame) -> None:
        # A bus without another station refuses; the next question comes soon.
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(self._socket, packed(frame))


class CanSource:
    """What the bus says. Frames of the table are readings as they come; questions are asked in turn every second."""

    def __init__(
        self,
        bus: FrameBus,
        decoder: Decoder,
        *,
        asks: bool = True,
        wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._bus = bus
        self._decoder = decoder
        self._asks = asks
        self._wall_ms = wall_ms

    async def __aiter__(self) -> AsyncIterator[Reading]:
        questioner = asyncio.create_task(self._ask()) if self._asks else None
        try:
            while (frame := await self._bus.receive()) is not None:
                signals = self._decoder.decode(frame) | obd_answer(frame)
                if signals:
                    yield Reading(self._wall_ms(), signals)
        finally:
            if questioner is not None:
                questioner.cancel()

    async def _ask(self) -> None:
        while True:
            for question in OBD_QUESTIONS:
                await self._bus.send(obd_request(question))
                await asyncio.sleep(ASK_EVERY_S / len(OBD_QUESTIONS))


def open_can(options: SourceOptions) -> Feed:
    """The bus at `options.device`; `options.file` is the table of signals. Raises SourceError."""
    if not options.device:
        raise SourceError("--source can needs --device, the CAN interface, such as can0")
    definitions = load_definitions(Path(options.file)) if options.file else []
    return Feed(CanSource(SocketCanBus(options.device), Decoder.of(definitions)), PassiveVan())
