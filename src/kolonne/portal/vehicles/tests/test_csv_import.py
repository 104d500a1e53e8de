"""VH-01: files with vans, as people bring them."""

import csv
import io
import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kolonne.portal.vehicles.csv_import import MAX_BYTES, MAX_LINES, Table, Unreadable, read
from kolonne.portal.vehicles.csv_words import EXAMPLE, EXAMPLE_VIN, HEADINGS, TEMPLATE
from kolonne.wire.subjects import VIN

YEAR = 2026
GOOD = "WK0CSVT0000000001"


def table(text: str) -> Table:
    return read(text.encode(), this_year=YEAR)


def problem(text: str) -> tuple[str, str, str]:
    """Field, value and code of the only problem."""
    [line] = table(text).lines
    [found] = line.problems
    return found.field, found.value, found.code


@given(st.binary(max_size=400))
@example(b"VIN\n\x00")
@example(b"\xff\xfeV\x00\xd8")
@example(b"sep=")
@example(b'VIN\n"' + b"x" * 140_000)
def test_any_bytes_give_lines_or_a_reason(content: bytes) -> None:
    with suppress(Unreadable):
        assert read(content, this_year=YEAR).lines


@pytest.mark.parametrize(
    "content",
    [
        b"VIN," + b"x" * 140_000,  # more than one field may hold
        b"VIN" + b"," * (MAX_BYTES - 3),
        b'VIN,"\n"' + b"," * (MAX_BYTES - 8),
    ],
)
def test_headings_without_an_end_are_no_table(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read(content, this_year=YEAR)


def test_a_value_without_an_end_is_wrong_and_not_looked_at_sign_by_sign() -> None:
    begin = time.process_time()
    lines = table("VIN\n" + ("I" * 131_000 + "\n") * 38).lines
    assert {line.problems[0].code for line in lines} == {"too_long"}
    assert time.process_time() - begin < 2, "was more than five seconds"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.sampled_from(",;\t"))
def test_any_text_below_a_heading_gives_lines_that_a_database_can_hold(text: str, delimiter: str) -> None:
    try:
        lines = table(f"VIN{delimiter}Name{delimiter}Model year\n{text}").lines
    except Unreadable:
        return
    for line in lines:
        assert line.problems or VIN.fullmatch(str(line.values["vin"]))
        assert all("\0" not in str(value) and len(str(value)) <= 60 for value in line.values.values())
        assert all("\0" not in one.value for one in line.problems)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_that_spreadsheets_write_is_read(encoding: str, delimiter: str, end: str) -> None:
    rows = [["Bezeichnung", "FIN", "Kennzeichen"], ["Größe Ølbil", "wk0csvt 0000-000001", "M-ÄB 1"]]
    text = end.join(delimiter.join(row) for row in rows)
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    [line] = read(mark + text.encode(encoding), this_year=YEAR).lines
    assert line.values == {"name": "Größe Ølbil", "vin": GOOD, "plate": "M-ÄB 1"}
    assert line.number == 2


@given(st.permutations(list(HEADINGS)), st.data())
def test_headings_stand_in_any_order_and_language(names: list[str], data: st.DataObject) -> None:
    words = [data.draw(st.sampled_from(HEADINGS[name])) for name in names]
    values = {"vin": GOOD, "plate": "A 1", "name": "N", "make": "M", "model": "X", "model_year": "2020", "drive": "el"}
    text = io.StringIO()
    csv.writer(text).writerows([[word.upper() for word in words], [values[name] for name in names]])
    [line] = table(text.getvalue()).lines
    assert line.values == values | {"model_year": 2020, "drive": "electric"}


@pytest.mark.parametrize("language", ["en", "de", "nb"])
def test_the_template_is_read_and_its_example_is_not_added(language: str) -> None:
    text = ";".join(TEMPLATE[language]) + "\n" + ";".join(EXAMPLE[language])
    assert table(text).columns == tuple(HEADINGS)
    assert problem(text) == ("vin", EXAMPLE_VIN, "example")
    assert not table(text.replace(EXAMPLE_VIN, GOOD)).lines[0].problems


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("WK0CSVT000000000O1,", ("vin", "WK0CSVT000000000O1", "letter")),
        ("WK0CSVT00000000é1,", ("vin", "WK0CSVT00000000é1", "sign")),
        ("WK0CSVT,", ("vin", "WK0CSVT", "length")),
        ("LSKG4GL10MA012345,", ("vin", "LSKG4GL10MA012345", "check_digit")),
        (",B-AB 1", ("vin", "", "empty")),
        (f"{GOOD},{'B' * 17}", ("plate", "B" * 17, "too_long")),
        (f"{GOOD},,1066", ("model_year", "1066", "year")),
        (f"{GOOD},,next year", ("model_year", "next year", "year")),
        (f"{GOOD},,２０２０", ("model_year", "２０２０", "year")),
        (f"{GOOD},,,steam", ("drive", "steam", "drive")),
        (f'{GOOD},"B\nAB"', ("plate", "B AB", "line_break")),
        (f"{GOOD},B,2020,diesel,more", ("", "more", "columns")),
    ],
)
def test_each_problem_names_field_and_value(line: str, expected: tuple[str, str, str]) -> None:
    assert problem(f"VIN,Plate,Model year,Drive\n{line}") == expected


def test_a_line_with_several_problems_names_all_of_them() -> None:
    [line] = table("VIN,Year,Drive\nWK0,1,steam").lines
    assert [one.field for one in line.problems] == ["vin", "model_year", "drive"]


def test_of_lines_with_one_vin_the_first_counts_and_the_others_name_it() -> None:
    first, other, second = table(f"VIN\n{GOOD}\nWK0CSVT0000000002\n{GOOD.lower()}\n").lines
    assert not first.problems
    assert not other.problems
    assert (second.number, second.problems[0].code, second.problems[0].facts) == (4, "twin", {"line": 2})


def test_lines_are_numbered_as_an_editor_does() -> None:
    """With empty lines and values that have line breaks between them."""
    found = table(f'\n\nVIN,Notes\n\n{GOOD},"a\nb"\n;;\nWK0CSVT0000000002,\n').lines
    assert [line.number for line in found] == [5, 7, 8]
    assert [bool(line.problems) for line in found] == [False, True, False]


def test_unknown_columns_are_named_and_left_out() -> None:
    found = table(f"VIN,Lieblingsfarbe,Cost centre\n{GOOD},blau,7")
    assert found.unknown == ("Lieblingsfarbe", "Cost centre")
    assert found.lines[0].values == {"vin": GOOD}


def test_make_and_year_come_from_the_vin_when_the_file_says_nothing() -> None:
    assert table("VIN,Make\nWV1ZZZSYZM9012345,").lines[0].values["make"] == "Volkswagen"
    assert table("VIN,Make\nWV1ZZZSYZM9012345,VW").lines[0].values == {
        "vin": "WV1ZZZSYZM9012345", "make": "VW", "model_year": 2021,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"), (b" \n;;;\n", "empty"), (b"VIN\n\n", "no_vans"), (b"Plate\nX", "no_vin"),
        (b"VIN,FIN\nX,Y", "twice"), (b"PK\x03\x04rest", "spreadsheet"), (b"VIN\nA\x00B", "not_text"),
        (b'VIN,Notes\n"' + b"x\n" * 60, "broken"), (b"x" * (MAX_BYTES + 1), "too_large"),
        (b"VIN\n" + b"x\n" * (MAX_LINES + 1), "too_many_lines"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused_as_a_whole(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(content, this_year=YEAR)
    assert refused.value.code == code


def test_the_largest_file_is_read() -> None:
    vans = "\n".join(f"WK0{number:014}" for number in range(MAX_LINES))
    assert sum(1 for line in table(f"VIN\n{vans}").lines if not line.problems) == MAX_LINES
