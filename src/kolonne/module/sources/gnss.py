"""A GNSS receiver that speaks NMEA 0183: on a serial device, or from a recorded file."""

import asyncio
import os
import stat
import termios
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from kolonne.module.errors import SourceError
from kolonne.module.log import Log
from kolonne.module.sources import Feed, PassiveVan, Reading, SourceOptions
from kolonne.module.sources.nmea import FixBuilder, Framer

log = Log(__name__)

DEFAULT_BAUD = 9600
_CHUNK = 64 * 1024


class ByteStream(Protocol):
    """Where bytes come from."""

    async def read(self) -> bytes:
        """The next bytes, at least one; nothing at the end. Raises SourceError."""


class GnssSource:
    """Fixes of a receiver, one reading each."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[Reading]:
        framer, fix = Framer(), FixBuilder()
        while data := await self._stream.read():
            for sentence in framer.feed(data):
                if (complete := fix.add(sentence)) is not None:
                    yield Reading(*complete)
        if (last := fix.finish()) is not None:
            yield Reading(*last)
        if framer.unusable:
            log.info("lines that are no sentence for us", lines=framer.unusable)


class SerialStream:
    """A terminal device, set to raw bytes. `device` is a path, or `path@baud`."""

    def __init__(self, device: str) -> None:
        """Raises SourceError."""
        path, _, baud = device.partition("@")
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as error:
            raise SourceError(f"{path} cannot be opened ({error.strerror}): is the receiver connected?") from error
        try:
            _make_raw(self._descriptor, _speed(baud or str(DEFAULT_BAUD)))
        except termios.error as error:
            os.close(self._descriptor)
            raise SourceError(f"{path} is no serial device") from error
        except SourceError:
            os.close(self._descriptor)
            raise

    async def read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._descriptor, ready.set)
        try:
            await ready.wait()
            data = os.read(self._descriptor, _CHUNK)
        except OSError as error:
            raise SourceError(f"{self._path}: the receiver is gone ({error.strerror})") from error
        finally:
            loop.remove_reader(self._descriptor)
        if not data:
            raise SourceError(f"{self._path}: the receiver is gone (it hung up)")
        return data


class FileStream:
    """A recording of what a receiver said."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._position = 0

    async def read(self) -> bytes:
        with self._file.open("rb") as opened:
            opened.seek(self._position)
            data = opened.read(_CHUNK)
        self._position += len(data)
        return data


def open_gnss(options: SourceOptions) -> Feed:
    """The receiver at `options.device`, or the recording in `options.file`. Raises SourceError."""
    if options.device:
        return Feed(GnssSource(SerialStream(options.device)), PassiveVan())
    if options.file is None:
        raise SourceError("--source gnss needs --device, such as /dev/ttyUSB0@9600, or --file with recorded sentences")
    try:
        if stat.S_ISCHR(options.file.stat().st_mode):
            return Feed(GnssSource(SerialStream(str(options.file))), PassiveVan())
        return Feed(GnssSource(FileStream(options.file)), PassiveVan())
    except OSError as error:
        raise SourceError(f"--file {options.file} cannot be read ({error.strerror})") from error


def _speed(baud: str) -> int:
    speed = getattr(termios, f"B{baud}", None)
    if not isinstance(speed, int):
        raise SourceError(f"{baud} baud: not a speed of serial lines, usual are 4800, 9600, 38400, 115200")
    return speed


def _make_raw(descriptor: int, speed: int) -> None:
    settings = termios.tcgetattr(descriptor)
    control = settings[6]
    control[termios.VMIN], control[termios.VTIME] = 1, 0
    flags = termios.CS8 | termios.CREAD | termios.CLOCAL
    termios.tcsetattr(descriptor, termios.TCSANOW, [0, 0, flags, 0, speed, speed, control])
