"""From bytes to a message; a message with parts that cannot be read is mended, so that its good points are stored."""

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec

from kolonne.portal.telemetry.ingest.readings import shown
from kolonne.wire.messages import (
    MAX_BYTES,
    MAX_POINTS,
    Telemetry,
    WireError,
    decode_telemetry,
    encode_json,
    is_json,
)
from kolonne.wire.signals import Value

_MAX_MS = 1 << 53


@dataclass(slots=True)
class Mended:
    """A message without its unreadable parts, and what was wrong with them."""

    message: Telemetry
    complaints: list[str] = field(default_factory=list)


def mend(payload: bytes, error: WireError) -> Mended:
    """For a payload that `decode_telemetry` refused with `error`.

    Every point keeps its number: one that cannot be read at all becomes a point without readings. Raises WireError
    when not even epoch, sequence and the number of points can be told.
    """
    if len(payload) > MAX_BYTES:
        raise error
    body = _loosely(payload, error)
    complaints: list[str] = []
    mended = [_mend_point(i, point, complaints) for i, point in enumerate(_points(body, error))]
    return Mended(_rebuilt(body, mended, error), complaints or [str(error)])


def envelope(payload: bytes) -> Telemetry:
    """Only who is to be acknowledged and how far: the message with points that have no readings. For a payload
    whose points must not be touched, because they were this program's undoing. Raises WireError."""
    error = WireError("epoch, sequence and number of points cannot be told")
    if len(payload) > MAX_BYTES:
        raise error
    body = _loosely(payload, error)
    return _rebuilt(body, [(0, {}) for _ in _points(body, error)], error)


def _points(body: dict[Any, Any], error: WireError) -> list[Any]:
    points = body.get("p")
    if not isinstance(points, list) or not 1 <= len(points) <= MAX_POINTS:
        raise error
    return points


def _rebuilt(body: dict[Any, Any], points: list[tuple[int, dict[str, Value]]], error: WireError) -> Telemetry:
    """The message with these points instead of its own. Raises WireError."""
    clean = {key: body[key] for key in ("e", "s", "d", "v") if key in body} | {"p": points}
    try:
        return decode_telemetry(encode_json(clean))
    except (msgspec.EncodeError, TypeError, ValueError, OverflowError) as problem:
        raise error from problem


def _loosely(payload: bytes, error: WireError) -> dict[Any, Any]:
    try:
        # Python's own JSON also reads NaN and lone surrogates.
        body = json.loads(payload.decode("utf-8", "replace")) if is_json(payload) else msgspec.msgpack.decode(payload)
    except (ValueError, RecursionError) as problem:
        raise error from problem
    if not isinstance(body, dict):
        raise error
    return body


def _mend_point(i: int, point: object, complaints: list[str]) -> tuple[int, dict[str, Value]]:
    if not (isinstance(point, list) and len(point) == 2 and type(point[0]) is int and isinstance(point[1], dict)):
        complaints.append(f"p[{i}]: {shown(point)}: expected [milliseconds, readings]")
        return 0, {}
    good: dict[str, Value] = {}
    for name, value in point[1].items():
        if isinstance(name, str) and _survives(value):
            good[name] = value
        else:
            complaints.append(
                f"p[{i}].{shown(name)}: {shown(value)}: expected a number, a truth value or printable text"
            )
    return (point[0] if 0 <= point[0] < _MAX_MS else 0), good


def _survives(value: object) -> bool:
    """Whether a value has one of the shapes that the wire allows; whether it fits its signal is told later."""
    if isinstance(value, list | str):
        texts = value if isinstance(value, list) else [value]
        return all(isinstance(text, str) and text.isprintable() for text in texts)
    if isinstance(value, bool):
        return True
    return isinstance(value, int | float) and value == value and abs(value) < 1e308
