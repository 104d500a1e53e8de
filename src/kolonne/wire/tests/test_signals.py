"""The signal catalogue, checked against VSS 6.0 where that file is at hand."""

import ast
import csv
import re
from pathlib import Path

import pytest

from kolonne.wire.commands import KINDS
from kolonne.wire.signals import Signal, by_path, catalogue, find

VSS = Path(__file__).parents[5] / "shared" / "data" / "vss" / "vss_rel_6.0.csv"

TYPES = {
    "float": {"float", "double"},
    "int": {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32)},
    "bool": {"boolean"},
    "text": {"string"},
    "texts": {"string[]"},
}
SIGNALS = list(catalogue().values())


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_a_line_of_the_catalogue_is_sound(signal: Signal) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,39}", signal.name)
    assert signal.kind in TYPES
    assert signal.privacy in {"technical", "behaviour", "position", "driver"}
    assert signal.keep in {1, 2, 3}
    assert signal.group
    assert signal.path.startswith(("Vehicle.", "Kolonne."))
    numeric = signal.kind in {"float", "int"}
    assert (signal.minimum is not None) == (signal.maximum is not None) == numeric
    assert not signal.allowed or signal.kind == "text"


def test_names_and_paths_are_unique() -> None:
    with Path(__file__).parents[1].joinpath("signals.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(catalogue()) == len(by_path())
    assert find("soc") is find("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed") is catalogue()["soc"]
    assert find("flux") is None


@pytest.mark.skipif(not VSS.exists(), reason="the VSS file is not here")
def test_the_catalogue_speaks_vss() -> None:
    """Path, type, unit and allowed values as in VSS 6.0; what VSS bounds, we bound alike."""
    with VSS.open(encoding="utf-8") as file:
        vss = {row["Signal"]: row for row in csv.DictReader(file)}
    for signal in SIGNALS:
        row = vss.get(signal.path)
        if signal.path.startswith("Kolonne."):
            assert row is None
            continue
        assert row is not None, signal.path
        assert row["DataType"] in TYPES[signal.kind], signal.name
        assert row["Unit"] == signal.unit, signal.name
        assert set(ast.literal_eval(row["Allowed"] or "[]")) == signal.allowed, signal.name
        assert not row["Min"] or float(row["Min"]) == signal.minimum, signal.name
        assert not row["Max"] or float(row["Max"]) == signal.maximum, signal.name


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("soc", 50, None),
        ("soc", 50.5, None),
        ("soc", 100.1, "above 100"),
        ("soc", -1, "below 0"),
        ("soc", True, "expected a number"),
        ("soc", "50", "expected a number"),
        ("soc", float("nan"), "not a finite number"),
        ("soc", float("inf"), "not a finite number"),
        ("gear", 1.0, None),
        ("gear", 1.5, "expected a whole number"),
        ("locked", True, None),
        ("locked", 1, "expected true or false"),
        ("ignition", "ON", None),
        ("ignition", "on", "not one of"),
        ("driver_id", "x" * 65, "at most 64"),
        ("driver_id", "a\0b", "cannot be printed"),
        ("dtc_list", ["P0420"], None),
        ("dtc_list", ["P0420"] * 33, "at most 32"),
        ("dtc_list", "P0420", "expected a list"),
        ("dtc_list", [1], "expected a text"),
    ],
)
def test_values_are_checked(name: str, value: object, complaint: str | None) -> None:
    """NF-04"""
    found = catalogue()[name].complaint(value)
    assert (found is None) == (complaint is None)
    assert complaint is None or complaint in (found or "")


def test_commands_are_confirmed_by_signals_that_exist() -> None:
    """CD-02"""
    for kind in KINDS.values():
        for name, value in kind.confirm.items():
            assert catalogue()[name].complaint(value) is None
