"""Rows of recordings, whatever file they came from. Pure."""

import math
from typing import NamedTuple

from kolonne.wire.signals import Signal, Value


class Row(NamedTuple):
    """A readable row: its line in the file, milliseconds since 1970, and what it says."""

    line: int
    t_ms: int
    signals: dict[str, Value]


class BadRow(NamedTuple):
    """A row that cannot be used, and why."""

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


def checked(field: str, signal: Signal, value: Value) -> Value:
    """`value` as a reading of `signal`. Raises Unreadable."""
    if signal.kind == "int" and isinstance(value, float) and value.is_integer():
        value = int(value)
    complaint = signal.complaint(value)
    if complaint is not None:
        raise Unreadable(field, f"{str(value)[:40]!r}: {complaint}")
    return value


def parsed(field: str, signal: Signal, text: str) -> Value:
    """The text of a field as a reading of `signal`. Raises Unreadable."""
    match signal.kind:
        case "float" | "int":
            return checked(field, signal, number(field, text))
        case "bool":
            return _truth(field, text)
        case "text":
            return checked(field, signal, text)
        case "texts":
            return checked(field, signal, [part.strip() for part in text.split("|")])


def without_false_position(signals: dict[str, Value]) -> dict[str, Value]:
    """A latitude or longitude of exactly zero is what receivers say without a fix; half a position is none either."""
    if not (signals.get("lat") and signals.get("lon")):
        signals.pop("lat", None)
        signals.pop("lon", None)
    return signals


def _truth(field: str, text: str) -> bool:
    match text.lower():
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
    raise Unreadable(field, f"{text[:40]!r} is neither true nor false")
