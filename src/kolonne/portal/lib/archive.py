"""Data for people to take away: a zip with JSON and CSV of every table, and GPX of where vans were (CO-11).

Everything is written row by row: memory stays small whatever the size, and the file need not be seekable.
"""

import csv
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import IO, Any, Self
from xml.sax.saxutils import escape

from django.core.serializers.json import DjangoJSONEncoder

Row = Mapping[str, Any]
PAUSE = timedelta(minutes=15)
"""Longer than this between two positions: the line is broken, for nobody knows the way between."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GPX_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gpx version="1.1" creator="Kolonne" xmlns="http://www.topografix.com/GPX/1/1">\n<trk><name>{}</name>\n'
)


@dataclass(frozen=True, slots=True)
class Position:
    """Where something was; degrees of WGS84, metres above the sea."""

    at: datetime
    lat: float
    lon: float
    altitude: float | None = None


class Archive:
    """A zip on its way into a file that is open for writing bytes. One entry is written after the other."""

    def __init__(self, file: IO[bytes], *, made_at: datetime) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._made_at = made_at

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def text(self, name: str, text: str) -> None:
        """An entry of words, e.g. `README.txt`."""
        with self._entry(name) as entry:
            entry.write(text)

    def table(self, name: str, rows: Iterable[Row]) -> int:
        """`<name>.json` and `<name>.csv`; answers how many rows that were. Columns are all keys, in order of
        appearance."""
        with tempfile.TemporaryFile("w+", encoding="utf-8") as lines:
            columns: dict[str, None] = {}
            count = 0
            for row in rows:
                count += 1
                columns |= dict.fromkeys(row)
                lines.write(as_json(row) + "\n")
            with self._entry(f"{name}.json") as entry:
                _write_list(entry, _again(lines))
            self.csv(name, list(columns), (json.loads(line) for line in _again(lines)))
        return count

    def csv(self, name: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
        """`<name>.csv` alone, for rows of which there are very many; answers how many."""
        count = 0
        with self._entry(f"{name}.csv") as entry:
            # Without the mark at the beginning, spreadsheets take UTF-8 for something else.
            entry.write("\ufeff")
            writer = csv.writer(entry)
            writer.writerow([cell(column) for column in columns])
            for row in rows:
                count += 1
                writer.writerow([cell(row.get(column)) for column in columns])
        return count

    def gpx(self, name: str, title: str, positions: Iterable[Position]) -> int:
        """`<name>.gpx`, a track of GPX 1.1 from positions in order of time; answers how many. No file without any."""
        some = iter(positions)
        first = next(some, None)
        if first is None:
            return 0
        with self._entry(f"{name}.gpx") as entry:
            entry.write(_GPX_HEAD.format(escape(_plain(title))))
            count = _write_track(entry, first, some)
            entry.write("</trk>\n</gpx>\n")
        return count

    @contextmanager
    def _entry(self, name: str) -> Iterator[io.TextIOWrapper]:
        about = zipfile.ZipInfo(name, date_time=self._made_at.timetuple()[:6])
        about.compress_type = zipfile.ZIP_DEFLATED
        about.external_attr = 0o600 << 16
        with self._zip.open(about, "w", force_zip64=True) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as entry:
            yield entry


def as_json(value: Any) -> str:
    """On one line; times as ISO 8601, decimals as text."""
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def cell(value: Any) -> str:
    """A value as spreadsheets may read it: text that they would run as a formula gets an apostrophe before it, and
    what is no plain value becomes JSON."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else as_json(value)
    text = text.replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA) else text


def safe_name(text: str, fallback: str = "unnamed") -> str:
    """Of a file in the archive: nothing that a file system or a shell takes for more than a name."""
    return re.sub(r"[^\w-]+", "_", text).strip("_")[:60] or fallback


def _again(lines: IO[str]) -> Iterator[str]:
    lines.seek(0)
    return (line.rstrip("\n") for line in lines)


def _write_list(entry: IO[str], items: Iterable[str]) -> None:
    entry.write("[")
    for number, item in enumerate(items):
        entry.write((",\n " if number else "\n ") + item)
    entry.write("\n]\n")


def _write_track(entry: IO[str], first: Position, others: Iterable[Position]) -> int:
    entry.write("<trkseg>\n" + _track_point(first))
    before, count = first.at, 1
    for position in others:
        if position.at - before > PAUSE:
            entry.write("</trkseg>\n<trkseg>\n")
        entry.write(_track_point(position))
        before, count = position.at, count + 1
    entry.write("</trkseg>\n")
    return count


def _track_point(position: Position) -> str:
    height = "" if position.altitude is None else f"<ele>{position.altitude}</ele>"
    time = position.at.isoformat().replace("+00:00", "Z")
    return f'<trkpt lat="{position.lat}" lon="{position.lon}">{height}<time>{time}</time></trkpt>\n'


def _plain(text: str) -> str:
    """XML knows no control characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
