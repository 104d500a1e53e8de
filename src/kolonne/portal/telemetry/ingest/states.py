"""The last value of every signal of every van, merged in memory and written with each flush.

A *cell* is `[value, t_ms, since_ms]`: the reading, its vehicle time, and since when the value is what it is.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from kolonne.wire.messages import encode_json
from kolonne.wire.signals import Value, catalogue

Cell = list[Any]
"""Written as `[value, t_ms, since_ms]` into `telemetry.state.signals`."""

Point = tuple[int, dict[str, Value]]
"""(t_ms, readings)."""

EVENTS = frozenset(name for name, signal in catalogue().items() if signal.event)
_decode = msgspec.json.Decoder(dict[str, tuple[Any, int, int]]).decode


class Transition(NamedTuple):
    """A signal worth a line in the diary changed its value, by vehicle time."""

    ts_ms: int
    signal: str
    old: Value
    new: Value


class VanState:
    """One van's cells."""

    __slots__ = ("cells", "newest_ms", "text")

    def __init__(self, signals: str | None = None) -> None:
        stored = _decode(signals) if signals else {}
        integers = {name for name in stored if name in catalogue() and catalogue()[name].kind == "int"}
        self.cells: dict[str, Cell] = {
            name: [int(value) if name in integers else value, t, since] for name, (value, t, since) in stored.items()
        }
        self.text = (signals or "{}").encode()
        """The cells as JSON, as they were last written."""
        self.newest_ms = max((t for _, t, _ in stored.values()), default=0)

    def merge(self, points: list[Point], transitions: list[Transition], *, uniform: bool) -> None:
        """Takes points in. A late reading never replaces a newer one; a first value is no transition.

        `uniform`: all points have the same signals in the same order. They are then merged signal by signal, which
        costs a third of merging them point by point.
        """
        times = [t_ms for t_ms, _ in points]
        if uniform and len(points) > 1 and times == sorted(times):
            columns = zip(*[readings.values() for _, readings in points], strict=True)
            for name, column in zip(points[0][1], columns, strict=True):
                self._merge_column(name, times, column, transitions)
        else:
            for t_ms, readings in points:
                for name, value in readings.items():
                    self._merge_reading(name, t_ms, value, transitions)
        self.newest_ms = max(self.newest_ms, *times)

    def _merge_reading(self, name: str, t_ms: int, value: Value, transitions: list[Transition]) -> None:
        cell = self.cells.get(name)
        if cell is None:
            self.cells[name] = [value, t_ms, t_ms]
        elif t_ms >= cell[1]:
            if value != cell[0]:
                if name in EVENTS:
                    transitions.append(Transition(t_ms, name, cell[0], value))
                cell[0] = value
                cell[2] = t_ms
            cell[1] = t_ms

    def _merge_column(
        self, name: str, times: list[int], column: tuple[Value, ...], transitions: list[Transition]
    ) -> None:
        """Values of one signal in order of time."""
        cell, last = self.cells.get(name), column[-1]
        if cell is None or times[0] < cell[1] or name in EVENTS:
            for t_ms, value in zip(times, column, strict=True):
                self._merge_reading(name, t_ms, value, transitions)
            return
        since = 0
        if column.count(last) != len(column):
            since = len(column) - 1
            while column[since - 1] == last:
                since -= 1
        if since or cell[0] != last:
            cell[0], cell[2] = last, times[since]
        cell[1] = times[-1]

    def encode(self) -> str:
        """The cells as JSON, for the database; the feed uses it again."""
        self.text = encode_json(self.cells)
        return self.text.decode()


class States:
    """The vans' states by vehicle id: as many as `bound`, the longest unused forgotten first."""

    def __init__(self, bound: int = 50_000) -> None:
        self._vans: OrderedDict[int, VanState] = OrderedDict()
        self._bound = bound

    def get(self, vehicle_id: int) -> VanState | None:
        return self._vans.get(vehicle_id)

    def missing(self, vehicle_ids: Iterable[int]) -> list[int]:
        """Those that must be loaded before they are merged into."""
        return [vehicle_id for vehicle_id in vehicle_ids if vehicle_id not in self._vans]

    def load(self, vehicle_id: int, signals: str | None) -> None:
        self._vans[vehicle_id] = VanState(signals)

    def use(self, vehicle_id: int) -> VanState:
        self._vans.move_to_end(vehicle_id)
        return self._vans[vehicle_id]

    def forget(self, vehicle_ids: Iterable[int]) -> None:
        """After a transaction that failed: memory holds more than the database."""
        for vehicle_id in vehicle_ids:
            self._vans.pop(vehicle_id, None)

    def forget_all(self) -> None:
        self._vans.clear()

    def trim(self) -> None:
        """Only between flushes: a van that is being merged into must stay."""
        while len(self._vans) > self._bound:
            self._vans.popitem(last=False)
