"""Arguments of commands."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.wire.commands import KINDS, complaints


@pytest.mark.parametrize(
    ("command", "args", "wrong"),
    [
        ("lock", {}, set()),
        ("lock", {"door": 1}, {"door"}),
        ("climate_start", {}, set()),
        ("climate_start", {"temperature": 21.5}, set()),
        ("climate_start", {"temperature": 40}, {"temperature"}),
        ("charge_limit", {}, {"percent"}),
        ("charge_limit", {"percent": True}, {"percent"}),
        ("charge_limit", {"percent": "80"}, {"percent"}),
        ("charge_limit", {"percent": float("nan")}, {"percent"}),
        ("message", {"text": "Back by noon, please"}, set()),
        ("message", {"text": ""}, {"text"}),
        ("message", {"text": "x" * 241}, {"text"}),
        ("message", {"text": "a\nb"}, {"text"}),
        ("destination", {"lat": 59.9, "lon": 10.7}, set()),
        ("destination", {"lat": 91, "name": 5}, {"lat", "lon", "name"}),
    ],
)
def test_arguments_are_checked_by_name(command: str, args: dict[str, Any], wrong: set[str]) -> None:
    """CD-01, NF-04"""
    assert set(complaints(KINDS[command], args)) == wrong


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(st.text(max_size=12), st.none() | st.text() | st.floats()))
def test_no_arguments_crash_the_check(command: str, args: dict[str, Any]) -> None:
    complaints(KINDS[command], args)


def test_opening_needs_a_pin_and_a_standstill() -> None:
    """CD-03, CD-04"""
    assert {name for name, kind in KINDS.items() if kind.needs_pin} == {"unlock"}
    assert {name for name, kind in KINDS.items() if kind.standstill} == {"unlock", "find"}
