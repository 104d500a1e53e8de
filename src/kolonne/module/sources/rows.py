"""Rows of recordings, whatever file they came from. Pure."""

import math
from typing import NamedTuple

from kolonne.wire.signals import Signal, Value, catalogue


class Row(NamedTuple):
    """A readable row: its line in the file, milliseconds since 1970, and what it says."""

    line: int
    t_ms: int
    signals: dict[str, Value]
    impossible: list[tuple[str, str]]
    """Signals whose value no reading of them can have, and why; the agent will leave them out."""


class BadRow(NamedTuple):
    """A row whose time or fields cannot be read, and why."""

    line: int
    field: str
    reason: str


class Unreadable(Exception):
    """A field does not hold what its column promises."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def number(field: str, text: str) -> float:
    """Raises Unreadable."""
    try:
        if "_" in text:  # Python's own spelling of numbers, nobody else's
            raise ValueError
        value = float(text)
    except ValueError:
        raise Unreadable(field, f"{text[:40]!r} is not a number") from None
    if not math.isfinite(value):
        raise Unreadable(field, f"{text[:40]!r} is not a finite number")
    return value


def row(line: int, t_ms: int, signals: dict[str, Value]) -> Row:
    """A false position is taken out; other impossible values cost only themselves."""
    known = catalogue()
    complaints = ((name, known[name].complaint(value)) for name, value in signals.items())
    impossible = [(name, why) for name, why in complaints if why is not None]
    return Row(line, t_ms, _without_false_position(signals, {name for name, _ in impossible}), impossible)


def parsed(field: str, signal: Signal, text: str) -> Value:
    """The text of a field as a reading of `signal`. Raises Unreadable."""
    match signal.kind:
        case "float" | "int":
            value = number(field, text)
            return int(value) if signal.kind == "int" and value.is_integer() else value
        case "bool":
            return _truth(field, text)
        case "text":
            return text
        case "texts":
            return [part.strip() for part in text.split("|")]


def _without_false_position(signals: dict[str, Value], impossible: set[str]) -> dict[str, Value]:
    """A latitude or longitude of exactly zero is what receivers say without a fix; half a position is none either."""
    whole = signals.get("lat") and signals.get("lon") and not impossible & {"lat", "lon"}
    return signals if whole else {name: value for name, value in signals.items() if name not in {"lat", "lon"}}


def _truth(field: str, text: str) -> bool:
    match text.lower():
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
    raise Unreadable(field, f"{text[:40]!r} is neither true nor false")
