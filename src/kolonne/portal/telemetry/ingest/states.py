"""The last value of every signal of every van, merged in memory and written with each flush.

A *cell* is `[value, t_ms, since_ms]`: the reading, its vehicle time, and since when the value is what it is.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from kolonne.wire.signals import Value, catalogue

Cell = list[Any]
"""Written as `[value, t_ms, since_ms]` into `telemetry.state.signals`."""

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

    __slots__ = ("cells", "newest_ms")

    def __init__(self, signals: str | None = None) -> None:
        stored = _decode(signals) if signals else {}
        integers = {name for name in stored if name in catalogue() and catalogue()[name].kind == "int"}
        self.cells: dict[str, Cell] = {
            name: [int(value) if name in integers else value, t, since] for name, (value, t, since) in stored.items()
        }
        self.newest_ms = max((t for _, t, _ in stored.values()), default=0)

    def merge(self, t_ms: int, readings: dict[str, Value], transitions: list[Transition]) -> None:
        """Takes one point in. A late reading never replaces a newer one; a first value is no transition."""
        cells = self.cells
        for name, value in readings.items():
            cell = cells.get(name)
            if cell is None:
                cells[name] = [value, t_ms, t_ms]
            elif t_ms >= cell[1]:
                if value != cell[0]:
                    if name in EVENTS:
                        transitions.append(Transition(t_ms, name, cell[0], value))
                    cell[0] = value
                    cell[2] = t_ms
                cell[1] = t_ms
        self.newest_ms = max(self.newest_ms, t_ms)

    def value(self, name: str) -> Value | None:
        cell = self.cells.get(name)
        return None if cell is None else cell[0]


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

    def trim(self) -> None:
        """Only between flushes: a van that is being merged into must stay."""
        while len(self._vans) > self._bound:
            self._vans.popitem(last=False)
