"""Readings on their way to the platform, and what they are as rows of the outbox. Pure: no file, no clock."""

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from kolonne.wire.signals import Value, catalogue

ROW_BYTES = 40
"""What a row costs beside its body."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, dict[str, Value]]).decode


class Point(NamedTuple):
    """A reading as the platform wants it."""

    t_ms: int
    signals: Mapping[str, Value]


@dataclass
class Coming:
    """Points that are not in the store yet."""

    points: list[Point] = field(default_factory=list)
    size_bytes: int = 0
    """What they will take there."""

    def add(self, point: Point) -> None:
        self.points.append(point)
        self.size_bytes += len(_encode(point)) + ROW_BYTES


class Batch(NamedTuple):
    """Consecutive points, ready to be sent."""

    epoch: str
    sequence: int
    dropped: int
    """How many points directly before `sequence` exist no more."""
    bodies: list[bytes]
    """Each `[t_ms, {signal: value}]` in MessagePack."""

    @property
    def last(self) -> int:
        return self.sequence + len(self.bodies) - 1


def columns_of(point: Point) -> tuple[int, int, int, bytes]:
    """keep, size, crc, body. A point is kept as long as the most precious of its signals."""
    known = catalogue()
    body = _encode((point.t_ms, point.signals))
    return min(known[name].keep for name in point.signals), len(body), zlib.crc32(body), body


def is_damaged(row: tuple[int, int, bytes]) -> bool:
    _, crc, body = row
    return zlib.crc32(body) != crc


def without_unwanted(
    rows: Sequence[tuple[int, bytes]], wanted: Collection[str]
) -> tuple[list[tuple[int, int, int, bytes, int]], list[int]]:
    """New columns of the points that lose signals, and the numbers of those that lose all."""
    changed: list[tuple[int, int, int, bytes, int]] = []
    gone: list[int] = []
    for seq, body in rows:
        t_ms, signals = _decode(body)
        left = {name: value for name, value in signals.items() if name in wanted}
        if not left:
            gone.append(seq)
        elif len(left) < len(signals):
            changed.append((*columns_of(Point(t_ms, left)), seq))
    return changed, gone
