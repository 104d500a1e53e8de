"""Reads a file with vans (VH-01). Pure: knows nothing of our vans, and any bytes at all give lines or a reason.

People bring what their spreadsheet wrote: UTF-8 or UTF-16 or Windows-1252, commas, semicolons or tabs, headings in
their own language and in any order.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any

from kolonne.portal.vehicles.csv_words import DRIVES, EXAMPLE_VIN, HEADINGS, heading, plain
from kolonne.portal.vehicles.vin import LENGTH, explain

MAX_BYTES = 5_000_000
MAX_LINES = 25_000
"""Of vans, without the line of headings."""
MAX_SPAN = 50
"""Lines of the file that one record may take: more come from a quotation mark that nobody closed."""
MAX_HEADINGS = 20_000
"""Signs of the line with the headings; a longer one is no table of vans, and would be searched for a long time."""
MAX_VALUE = 1000
"""Signs of a value; a longer one is wrong everywhere, and not looked at sign by sign."""
MAX_SHOWN = 60
"""Signs of a wrong value that are kept for the report."""
FIRST_YEAR = 1950
LENGTHS = {"plate": 16, "name": 60, "make": 40, "model": 40}
"""As the columns of vans hold."""
DELIMITERS = ",;\t"


class Unreadable(Exception):
    """The file as a whole; the words for the code are where it is shown."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Problem:
    """What is wrong with one value of a line."""

    field: str
    value: str
    code: str
    facts: dict[str, Any] = made(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One van as the file tells it. `values` hold only what is right."""

    number: int
    values: dict[str, str | int]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Table:
    """Everything that was read."""

    lines: tuple[Line, ...]
    columns: tuple[str, ...]
    unknown: tuple[str, ...]
    """Headings that we do not know; what stands below them is left out."""


def read(content: bytes, *, this_year: int) -> Table:
    """Raises Unreadable; never anything else."""
    if len(content) > MAX_BYTES:
        raise Unreadable("too_large")
    text = _text(content)
    rows = _rows(text)
    first = next(rows, None)
    if first is None:
        raise Unreadable("empty")
    columns = _columns(first[1])
    lines = tuple(_lines(rows, columns, this_year))
    if not lines:
        raise Unreadable("no_vans")
    unknown = tuple(name.strip()[:MAX_SHOWN] for name in first[1] if name.strip() and not heading(name))
    return Table(_without_twins(lines), tuple(name for name in columns if name), unknown)


def _text(content: bytes) -> str:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise Unreadable("spreadsheet")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", errors="replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise Unreadable("not_text")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Records, each with the line in which it begins; empty ones are left out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = next((place for place, line in enumerate(lines) if line.strip(" \t,;")), len(lines))
    if start < len(lines) and lines[start].lower().startswith("sep="):  # as Excel writes and reads it
        start += 1
    if start < len(lines) and len(lines[start]) > MAX_HEADINGS:
        raise Unreadable("broken", line=start + 1)
    delimiter = _delimiter(lines[start]) if start < len(lines) else ","
    return _records(lines[start:], delimiter, start)


def _delimiter(headings: str) -> str:
    def known(delimiter: str) -> int:
        return sum(1 for name in next(csv.reader([headings], delimiter=delimiter), []) if heading(name))

    return max(DELIMITERS, key=lambda one: (known(one), headings.count(one)))


def _records(lines: Sequence[str], delimiter: str, before: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    while True:
        begins = reader.line_num
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise Unreadable("broken", line=before + begins + 1) from error
        if record is None:
            return
        if reader.line_num - begins > MAX_SPAN:
            raise Unreadable("broken", line=before + begins + 1)
        if any(value.strip() for value in record):
            yield before + begins + 1, record


def _columns(headings: list[str]) -> list[str]:
    """Our name for each column, or nothing."""
    if len(headings) > MAX_HEADINGS:  # over several lines
        raise Unreadable("no_vin")
    columns = [heading(name) for name in headings]
    if "vin" not in columns:
        raise Unreadable("no_vin")
    for name in HEADINGS:
        if columns.count(name) > 1:
            raise Unreadable("twice", column=name)
    return columns


def _lines(rows: Iterator[tuple[int, list[str]]], columns: list[str], this_year: int) -> Iterator[Line]:
    for count, (number, record) in enumerate(rows, start=1):
        if count > MAX_LINES:
            raise Unreadable("too_many_lines")
        yield _line(number, record, columns, this_year)


def _line(number: int, record: list[str], columns: list[str], this_year: int) -> Line:
    if any(value.strip() for value in record[len(columns) :]):
        surplus = _shown(" ".join(record[len(columns) :]))
        return Line(number, {}, (Problem("", surplus, "columns", {"count": len(columns), "found": len(record)}),))
    values: dict[str, str | int] = {}
    problems: list[Problem] = []
    for name, typed in zip(columns, record, strict=False):
        if name:
            found = _value(name, typed, this_year)
            if isinstance(found, Problem):
                problems.append(found)
            elif found != "":
                values[name] = found
    if "vin" not in values and not any(one.field == "vin" for one in problems):
        problems.append(Problem("vin", "", "empty"))
    if not problems:
        _complete(values, this_year)
    return Line(number, values, tuple(problems))


def _value(name: str, typed: str, this_year: int) -> str | int | Problem:
    """The value as it is kept; empty if there is none."""
    if "\n" in typed.strip():
        return Problem(name, _shown(typed), "line_break")
    if len(typed.strip()) > MAX_VALUE:
        return Problem(name, _shown(typed), "too_long", {"most": LENGTHS.get(name, LENGTH), "count": len(typed)})
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in typed).split())
    if name == "vin":
        return _vin(text, this_year)
    if name == "model_year":
        return _year(text, this_year)
    if name == "drive":
        drive = DRIVES.get(plain(text))
        return drive if drive is not None else Problem(name, _shown(text), "drive")
    if len(text) > LENGTHS[name]:
        return Problem(name, _shown(text), "too_long", {"most": LENGTHS[name], "count": len(text)})
    return text


def _vin(text: str, this_year: int) -> str | Problem:
    explained = explain(text, this_year=this_year)
    if explained.vin == EXAMPLE_VIN:
        return Problem("vin", explained.vin, "example")
    if explained.is_right:
        return explained.vin
    wrong = explained.wrong[0]
    facts = {"position": wrong.position, "sign": wrong.sign, "meant": wrong.meant, "count": len(explained.vin)}
    return Problem("vin", _shown(text), wrong.problem.value, facts)


def _year(text: str, this_year: int) -> str | int | Problem:
    if not text:
        return ""
    year = int(text) if text.isascii() and text.isdecimal() and len(text) == 4 else 0
    if FIRST_YEAR <= year <= this_year + 1:
        return year
    return Problem("model_year", _shown(text), "year", {"first": FIRST_YEAR, "newest": this_year + 1})


def _complete(values: dict[str, str | int], this_year: int) -> None:
    """What stayed empty is taken from the VIN, if that says it; as when a van is added by hand."""
    known = explain(str(values["vin"]), this_year=this_year)
    if known.maker:
        values.setdefault("make", known.maker)
    if known.model_year:
        values.setdefault("model_year", known.model_year)


def _without_twins(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Of lines with the same VIN the first counts; the others name it."""
    first: dict[str | int, int] = {}
    kept = []
    for line in lines:
        vin = line.values.get("vin")
        if vin is None or line.problems:
            kept.append(line)
        elif vin in first:
            twin = Problem("vin", str(vin), "twin", {"line": first[vin]})
            kept.append(Line(line.number, line.values, (twin,)))
        else:
            first[vin] = line.number
            kept.append(line)
    return tuple(kept)


def _shown(text: str) -> str:
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain if len(plain) <= MAX_SHOWN else f"{plain[: MAX_SHOWN - 1]}…"
