"""The signal catalogue: every reading that Kolonne knows, as data in `signals.csv`.

Names on the wire are short; `path` is the name in the COVESA Vehicle Signal Specification 6.0, with its type and
unit, or a `Kolonne.*` path where VSS has no such signal. A signal that is not listed here is never stored.
"""

import csv
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Kind = Literal["float", "int", "bool", "text", "texts"]
Privacy = Literal["technical", "behaviour", "position", "driver"]
Value = float | bool | str | list[str]

MAX_TEXT = 64
MAX_TEXTS = 32


@dataclass(frozen=True, slots=True)
class Signal:
    """One reading: numbers lie within `minimum` and `maximum` (unit as in VSS), texts within `allowed` if given."""

    name: str
    path: str
    kind: Kind
    unit: str
    minimum: float | None
    maximum: float | None
    allowed: frozenset[str]
    privacy: Privacy
    group: str
    keep: int
    """1 is kept longest in a module whose store is full, 3 goes first."""
    event: bool
    """A change of this signal is worth a line in the vehicle's diary (a door, a plug, the ignition)."""

    def complaint(self, value: object) -> str | None:
        """Why `value` is not a reading of this signal, in words for the dead-letter table; None if it is one."""
        match self.kind:
            case "float" | "int":
                return self._number_complaint(value)
            case "bool":
                return None if isinstance(value, bool) else "expected true or false"
            case "text":
                return self._text_complaint(value)
            case "texts":
                if not isinstance(value, list) or len(value) > MAX_TEXTS:
                    return f"expected a list of at most {MAX_TEXTS} texts"
                return next(filter(None, map(self._text_complaint, value)), None)

    def _number_complaint(self, value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "expected a number"
        if not math.isfinite(value):
            return "not a finite number"
        if self.kind == "int" and value != int(value):
            return "expected a whole number"
        if self.minimum is not None and value < self.minimum:
            return f"below {self.minimum:g}"
        if self.maximum is not None and value > self.maximum:
            return f"above {self.maximum:g}"
        return None

    def _text_complaint(self, value: object) -> str | None:
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            return f"expected a text of at most {MAX_TEXT} characters"
        if not value.isprintable():
            return "holds characters that cannot be printed"
        if self.allowed and value not in self.allowed:
            return "not one of " + ", ".join(sorted(self.allowed))
        return None


@cache
def catalogue() -> dict[str, Signal]:
    """All signals by short name, in the order of the file."""
    text = Path(__file__).with_name("signals.csv").read_text(encoding="utf-8")
    return {row["name"]: _signal(row) for row in csv.DictReader(text.splitlines())}


@cache
def by_path() -> dict[str, Signal]:
    """All signals by VSS path."""
    return {signal.path: signal for signal in catalogue().values()}


def find(name_or_path: str) -> Signal | None:
    return catalogue().get(name_or_path) or by_path().get(name_or_path)


def _signal(row: dict[str, str]) -> Signal:
    return Signal(
        name=row["name"],
        path=row["path"],
        kind=row["type"],  # type: ignore[arg-type]  # checked by wire/tests/test_signals.py
        unit=row["unit"],
        minimum=float(row["min"]) if row["min"] else None,
        maximum=float(row["max"]) if row["max"] else None,
        allowed=frozenset(filter(None, row["allowed"].split("|"))),
        privacy=row["privacy"],  # type: ignore[arg-type]  # checked by wire/tests/test_signals.py
        group=row["group"],
        keep=int(row["keep"]),
        event=row["event"] == "1",
    )
