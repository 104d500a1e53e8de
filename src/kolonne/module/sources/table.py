"""Recordings as tables (CSV): our own with short signal names, and that of a recorded Renault Twizy.

Our own has a column `time` (ISO 8601, or seconds or milliseconds since 1970) and columns named as in the signal
catalogue; other columns are ignored. Fields are separated by comma, semicolon or tab.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from kolonne.module.errors import SourceError
from kolonne.module.sources.rows import BadRow, Row, Unreadable, parsed, row
from kolonne.wire.signals import Value, catalogue

Fields = Mapping[str, str]
_Reader = Callable[[Fields, tzinfo], tuple[int, dict[str, Value]]]
_Read = Callable[[Fields], tuple[int, dict[str, Value]]]

LONGEST_LINE = 64 * 1024
FIRST_MS, LAST_MS = 0, 4_102_444_800_000
"""1970 to 2099: a time outside of it is a broken field."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 1e11
"""Larger numbers are milliseconds: as seconds this would be the year 5138."""

_TWIZY_COLUMNS = {
    "Soc": "soc",
    "Speed": "speed",
    "LAT": "lat",
    "LON": "lon",
    "ALT": "altitude",
    "Temperature": "outside_temperature",
    "Humidity": "humidity",
}
_TWIZY_NEEDED = frozenset({"Date", "Time", "Soc", "Speed", "LAT", "LON"})
_TWIZY_MODES = {"D": 127, "N": 0, "R": -1}
"""To `selected_gear`: 127 is drive, 0 neutral, negative reverse."""


def read_table(file: Path, zone: tzinfo) -> Iterator[Row | BadRow]:
    """The rows of the file, line by line. Raises SourceError when the columns mean nothing to us, OSError."""
    with file.open(encoding="utf-8-sig", errors="replace") as opened:
        first = opened.readline(LONGEST_LINE)
        delimiter = max(",;\t", key=first.count)
        header = [name.strip() for name in _split(first, delimiter)]
        read = _reader_for(header, file)
        number_of_line = 1
        while line := opened.readline(LONGEST_LINE):
            number_of_line += 1
            if line.strip():
                yield _row(number_of_line, header, line, delimiter, lambda fields: read(fields, zone))


def twizy_reading(fields: Fields, zone: tzinfo) -> tuple[int, dict[str, Value]]:
    """`GpsSpeed` is not read: `speed` is that of the wheels. Raises Unreadable."""
    signals = {
        name: parsed(column, catalogue()[name], fields[column])
        for column, name in _TWIZY_COLUMNS.items()
        if fields.get(column)
    }
    if mode := fields.get("Mode"):
        if mode not in _TWIZY_MODES:
            raise Unreadable("Mode", f"{mode[:40]!r} is none of {', '.join(_TWIZY_MODES)}")
        signals["selected_gear"] = _TWIZY_MODES[mode]
    return _twizy_time(fields, zone), signals


def own_reading(fields: Fields, zone: tzinfo) -> tuple[int, dict[str, Value]]:
    """Raises Unreadable."""
    known = catalogue()
    signals = {name: parsed(name, known[name], text) for name, text in fields.items() if text and name in known}
    return moment("time", fields.get("time", ""), zone), signals


def moment(field: str, text: str, zone: tzinfo) -> int:
    """Milliseconds since 1970 of an ISO 8601 time, or of a number of seconds or milliseconds. Raises Unreadable."""
    try:
        value = float(text)
    except ValueError:
        return _iso_moment(field, text, zone)
    return _bounded(field, text, value if abs(value) >= _MILLISECONDS_FROM else value * 1000)


def _iso_moment(field: str, text: str, zone: tzinfo) -> int:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(field, f"{text[:40]!r} is not a time") from None
    return _milliseconds(field, text, time if time.tzinfo else time.replace(tzinfo=zone))


def _twizy_time(fields: Fields, zone: tzinfo) -> int:
    """Month/day/year and local time without a zone."""
    text = f"{fields.get('Date', '')} {fields.get('Time', '')}"
    try:
        time = datetime.strptime(text, "%m/%d/%Y %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        raise Unreadable("Date, Time", f"{text[:40]!r} is not month/day/year hour:minute:second") from None
    return _milliseconds(field="Date, Time", text=text, time=time)


def _milliseconds(field: str, text: str, time: datetime) -> int:
    try:
        return _bounded(field, text, (time - _EPOCH) / timedelta(milliseconds=1))
    except OverflowError:
        raise Unreadable(field, f"{text[:40]!r} is out of bounds") from None


def _bounded(field: str, text: str, milliseconds: float) -> int:
    if not FIRST_MS <= milliseconds < LAST_MS:
        raise Unreadable(field, f"{text[:40]!r} is not between 1970 and 2099")
    return round(milliseconds)


def _row(line: int, header: Sequence[str], text: str, delimiter: str, read: _Read) -> Row | BadRow:
    try:
        values = _split(text, delimiter)
        if len(values) != len(header):
            return BadRow(line, "", f"{len(values)} fields instead of {len(header)}")
        return row(line, *read({name: value.strip() for name, value in zip(header, values, strict=True)}))
    except Unreadable as error:
        return BadRow(line, error.field, error.reason)


def _split(line: str, delimiter: str) -> list[str]:
    """The fields of one line. A quotation mark that is never closed costs its own line, not all that follow."""
    try:
        return next(csv.reader((line.rstrip("\r\n"),), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise Unreadable("", f"not CSV: {error}") from None


def _reader_for(header: Sequence[str], file: Path) -> _Reader:
    if _TWIZY_NEEDED.issubset(header):
        return twizy_reading
    if "time" in header and set(header) & catalogue().keys():
        return own_reading
    raise SourceError(
        f"{file}: the first line names no columns that are known here: expected `time` and short signal names "
        "(docs/reference/wire.md), or Date, Time, Soc, Speed, LAT, LON"
    )
