"""How much vans send, counted in memory by van and country, and written along with a flush now and then (VH-07).

A row per van and flush would cost as much as its state. So a crash may lose the counts of half a minute; of readings
it loses none.
"""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from kolonne.portal.telemetry.ingest.states import Cell
from kolonne.portal.telemetry.places import country_of

WRITTEN_EVERY_S = 30.0


class Sent(NamedTuple):
    """By what is counted."""

    vehicle_id: int
    country: str
    """Two letters; empty when nothing tells where the van is."""


class Amount(NamedTuple):
    messages: int
    bytes: int


class Traffic:
    """Counts until it is time to write. Where a van is, is asked only then: half a minute moves no border."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[int, list[int]] = {}
        """Messages and bytes by vehicle."""
        self._again: dict[Sent, Amount] = {}
        """What was taken before and not committed."""
        self._due = clock() + WRITTEN_EVERY_S

    def count(self, vehicle_id: int, payload_bytes: int) -> None:
        """One message of this van."""
        counts = self._counts.get(vehicle_id)
        if counts is None:
            self._counts[vehicle_id] = [1, payload_bytes]
        else:
            counts[0] += 1
            counts[1] += payload_bytes

    def take(self, cells_of: Callable[[int], Mapping[str, Cell]]) -> dict[Sent, Amount]:
        """What is to be written now, mostly nothing. `cells_of` tells a van's last values."""
        if self._clock() < self._due:
            return {}
        taken, self._again = self._again, {}
        for vehicle_id, (messages, size) in self._counts.items():
            cells = cells_of(vehicle_id)
            told, lat, lon = (cells[name][0] if name in cells else None for name in ("country", "lat", "lon"))
            _add(taken, Sent(vehicle_id, country_of(told, lat, lon)), Amount(messages, size))
        self._counts = {}
        self._due = self._clock() + WRITTEN_EVERY_S
        return taken

    def give_back(self, taken: Mapping[Sent, Amount]) -> None:
        """It was not committed."""
        for sent, amount in taken.items():
            _add(self._again, sent, amount)


def _add(sums: dict[Sent, Amount], sent: Sent, amount: Amount) -> None:
    before = sums.get(sent, Amount(0, 0))
    sums[sent] = Amount(before.messages + amount.messages, before.bytes + amount.bytes)
