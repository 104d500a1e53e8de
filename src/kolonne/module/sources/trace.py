"""Recordings: a CSV file or a GPX track, read row by row and sent as fast as the platform takes it.

A row that cannot be read is skipped, counted and logged with its line, field and reason; the recording goes on.
"""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, tzinfo
from importlib import import_module
from pathlib import Path

from kolonne.module.errors import SourceError
from kolonne.module.log import Log
from kolonne.module.sources import Feed, PassiveVan, Reading, SourceOptions, needed_file
from kolonne.module.sources.rows import BadRow, Row
from kolonne.module.sources.table import read_table

log = Log(__name__)

LOGGED_LINES = 100
"""So many bad lines are logged one by one; the rest is only counted."""


def open_trace(options: SourceOptions) -> Feed:
    """The recording in `options.file`. Raises SourceError when it is none."""
    file = needed_file(options, "trace", "a recorded CSV or GPX file")
    trace = Trace(file, zone=zone_named(options.timezone), realtime=options.realtime, rebase=options.rebase)
    return Feed(trace, PassiveVan())


def zone_named(name: str) -> tzinfo:
    """Raises SourceError when nobody knows the time zone."""
    if name == "UTC":
        return UTC
    zones = import_module("zoneinfo")  # costs memory that most recordings need not pay for
    try:
        zone: tzinfo = zones.ZoneInfo(name)
    except (zones.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SourceError(f"--timezone {name}: not a time zone, expected a name such as Europe/Oslo") from error
    return zone


class Trace:
    """A recording as a source (`sources.Recorded`)."""

    def __init__(self, file: Path, *, zone: tzinfo, realtime: bool = False, rebase: bool = False) -> None:
        """Raises SourceError when the file is neither CSV with known columns nor GPX."""
        self.skipped = 0
        self._told = 0
        self._file = file
        self._zone = zone
        self._realtime = realtime
        self._begin_behind = 0
        self._identity = _identity(file)
        self._check()
        self._shift_ms = self._shift() if rebase else 0

    def resume(self, mark: str) -> None:
        identity, _, line = mark.partition(":")
        if identity == self._identity and line.isdecimal():
            self._begin_behind = int(line)
            log.info("recording goes on where it was left off", line=self._begin_behind)

    async def __aiter__(self) -> AsyncIterator[Reading]:
        begun, first_ms = time.monotonic(), None
        for row in self._rows():
            if isinstance(row, BadRow):
                self._skip(row)
                continue
            if row.line <= self._begin_behind:
                continue
            for name, reason in row.impossible:
                self._tell("value left out", row.line, name, reason)
            if self._realtime:
                first_ms = row.t_ms if first_ms is None else first_ms
                await asyncio.sleep(max(0.0, begun + (row.t_ms - first_ms) / 1000 - time.monotonic()))
            yield Reading(row.t_ms + self._shift_ms, row.signals, f"{self._identity}:{row.line}")

    def _rows(self) -> Iterator[Row | BadRow]:
        if _is_gpx(self._file):
            # An XML reader takes half a megabyte that other recordings need not pay for.
            read_gpx: Callable[[Path], Iterator[Row | BadRow]] = import_module("kolonne.module.sources.gpx").read_gpx
            return read_gpx(self._file)
        return read_table(self._file, self._zone)

    def _check(self) -> None:
        """Reads the beginning, so that a wrong file is told before anything starts."""
        try:
            next(self._rows(), None)
        except OSError as error:
            raise SourceError(f"{self._file} cannot be read ({error.strerror or error})") from error

    def _skip(self, row: BadRow) -> None:
        self.skipped += 1
        self._tell("row skipped", row.line, row.field, row.reason)

    def _tell(self, event: str, line: int, field: str, reason: str) -> None:
        self._told += 1
        if self._told <= LOGGED_LINES:
            log.warning(event, line=line, field=field, reason=reason)
        elif self._told == LOGGED_LINES + 1:
            log.warning("further bad lines are only counted", file=self._file.name)

    def _shift(self) -> int:
        """From recorded time to now: the first row is now when paced, else the last, as nothing may lie ahead."""
        times = (row.t_ms for row in self._rows() if isinstance(row, Row))
        reference = next(times, None) if self._realtime else max(times, default=None)
        return 0 if reference is None else time.time_ns() // 1_000_000 - reference


def _is_gpx(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(512).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def _identity(file: Path) -> str:
    """Tells this recording from others, also after it was moved."""
    with file.open("rb") as opened:
        return f"{zlib.crc32(opened.read(65536)):08x}{file.stat().st_size:x}"
