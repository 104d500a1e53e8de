"""The server's and the browser's rules about vans give the same answers (FT-01, FT-02)."""

import json
from pathlib import Path
from typing import Any

import pytest

from kolonne.portal.fleet import texts
from kolonne.portal.fleet.condition import condition, level

NOW = 1_790_000_000_000
CASES = json.loads((Path(__file__).parent / "conditions.json").read_text(encoding="utf-8"))
TIMES = {"seen", "since", "ready"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_a_van_is_shown_as(case: dict[str, Any]) -> None:
    signals = {name: [value, NOW + at, NOW + since] for name, (value, at, since) in case["signals"].items()}
    found = condition(signals, NOW)
    params = {name: NOW + value if name in TIMES else value for name, value in case.get("params", {}).items()}
    assert (found.state, found.sentence.key, found.sentence.params) == (case["state"], case["key"], params)


def test_every_sentence_has_words() -> None:
    assert {case["key"] for case in CASES} <= texts.sentences().keys()


def test_a_level_is_charge_or_fuel_by_what_drives_the_van() -> None:
    signals = {"soc": [70, NOW, NOW], "fuel_level": [40, NOW, NOW]}
    assert (level(signals, "electric"), level(signals, "diesel"), level({}, "petrol")) == (70, 40, None)
