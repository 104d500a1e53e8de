"""Tracks in GPX 1.0 and 1.1 (https://www.topografix.com/GPX/1/1/): position, height, speed, course, satellites."""

import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from kolonne.module.errors import SourceError
from kolonne.module.sources.rows import BadRow, Row, Unreadable, number, row
from kolonne.module.sources.table import moment
from kolonne.wire.signals import Value

_CHUNK = 64 * 1024
_KMH_PER_MS = 3.6
_ELEMENTS = {"ele": "altitude", "course": "heading", "sat": "satellites"}
_FIXES = {"none": "NONE", "2d": "TWO_D", "3d": "THREE_D"}
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def read_gpx(file: Path) -> Iterator[Row | BadRow]:
    """Track points in the order of the file; `line` is the number of the point. Raises SourceError, OSError."""
    points = 0
    try:
        for point in _points(file):
            points += 1
            try:
                yield _row(points, point)
            except Unreadable as error:
                yield BadRow(points, error.field, error.reason)
    except ParseError as error:
        if not points:
            raise SourceError(f"{file}: not GPX ({error})") from error
        yield BadRow(points + 1, "", f"the file is broken from here on: {error}")


def _points(file: Path) -> Iterator[Element]:
    parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
    open_elements: list[Element] = []
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            if _DOCTYPE.search(chunk):
                raise SourceError(f"{file}: a GPX file declares no document type")
            parser.feed(chunk)
            for event, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
                if event == "start":
                    if not open_elements and _local(element) != "gpx":
                        raise SourceError(f"{file}: not GPX, its first element is {_local(element)}")
                    open_elements.append(element)
                    continue
                open_elements.pop()
                if _local(element) == "trkpt":
                    yield element
                    open_elements[-1].remove(element)  # tracks are long, and what was read is not needed again
    parser.close()


def _row(line: int, point: Element) -> Row:
    values = {_local(child): (child.text or "").strip() for child in point.iter() if child is not point}
    if not values.get("time"):
        raise Unreadable("time", "missing")
    found: dict[str, Value] = {name: number(name, point.get(name, "")) for name in ("lat", "lon")}
    found |= {name: number(tag, values[tag]) for tag, name in _ELEMENTS.items() if values.get(tag)}
    if values.get("speed"):
        found["speed"] = number("speed", values["speed"]) * _KMH_PER_MS
    if values.get("fix") in _FIXES:
        found["fix"] = _FIXES[values["fix"]]
    return row(line, moment("time", values["time"], UTC), found)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
