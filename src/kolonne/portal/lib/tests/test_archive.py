"""CO-11: what people take away is readable by programs and spreadsheets, and runs nothing there."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from kolonne.portal.lib.archive import Archive, Position, cell, safe_name

NOW = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
GPX = {"g": "http://www.topografix.com/GPX/1/1"}


class OneWay(io.RawIOBase):
    """A file that can only be written from beginning to end, like an answer to a browser."""

    def __init__(self) -> None:
        self.written = io.BytesIO()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self.written.write(data)


def opened(file: OneWay) -> zipfile.ZipFile:
    found = zipfile.ZipFile(io.BytesIO(file.written.getvalue()))
    assert found.testzip() is None
    return found


def test_a_table_is_there_as_json_and_as_csv() -> None:
    file = OneWay()
    rows: list[dict[str, Any]] = [
        {"name": "Nørve Å", "at": NOW, "price": Decimal("1.50")},
        {"name": None, "more": {"a": [1]}},
    ]
    with Archive(file, made_at=NOW) as archive:  # type: ignore[arg-type]  # raw, but all that is asked of it
        assert archive.table("vans", (row for row in rows)) == 2
        assert archive.table("nothing", []) == 0
    found = opened(file)
    assert json.loads(found.read("vans.json")) == [
        {"name": "Nørve Å", "at": "2027-03-28T01:30:00Z", "price": "1.50"},
        {"name": None, "more": {"a": [1]}},
    ]
    text = found.read("vans.csv").decode("utf-8-sig")
    assert list(csv.DictReader(io.StringIO(text))) == [
        {"name": "Nørve Å", "at": "2027-03-28T01:30:00Z", "price": "1.50", "more": ""},
        {"name": "", "at": "", "price": "", "more": '{"a": [1]}'},
    ]
    assert json.loads(found.read("nothing.json")) == []


@pytest.mark.parametrize("text", ["=1+1", "+47 900 00 000", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_taken_for_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_numbers_stay_numbers() -> None:
    assert [cell(value) for value in (-5, -5.25, True, None, NOW)] == [
        "-5", "-5.25", "true", "", "2027-03-28T01:30:00+00:00",
    ]  # fmt: skip


def test_a_track_is_gpx_and_is_broken_where_nobody_knows_the_way() -> None:
    file = OneWay()
    minutes = (0, 1, 40)
    way = [Position(NOW + timedelta(minutes=minute), 59.9, 10.7 + minute / 100, 12.5) for minute in minutes]
    with Archive(file, made_at=NOW) as archive:  # type: ignore[arg-type]  # as above
        assert archive.gpx("tracks/van", 'Van <1> & "2"\x07', iter(way)) == 3
        assert archive.gpx("tracks/other", "Other", []) == 0
    found = opened(file)
    assert found.namelist() == ["tracks/van.gpx"]
    root = ElementTree.fromstring(found.read("tracks/van.gpx"))
    assert root.findtext("g:trk/g:name", namespaces=GPX) == 'Van <1> & "2" '
    segments = root.findall("g:trk/g:trkseg", GPX)
    assert [len(segment) for segment in segments] == [2, 1]
    assert segments[0][0].attrib == {"lat": "59.9", "lon": "10.7"}
    assert segments[0][0].findtext("g:time", namespaces=GPX) == "2027-03-28T01:30:00Z"


def test_names_of_files_are_only_names() -> None:
    assert safe_name("../../etc/passwd") == "etc_passwd"
    assert safe_name("EL 12345") == "EL_12345"
    assert safe_name("…") == "unnamed"
