"""How much vans send, counted in memory by van and country, and written along with a flush now and then (VH-07).

A row per van and flush would cost as much as its state. So a crash may lose the counts of half a minute; of readings
it loses none.
"""

import time
from collections import Counter
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
    """Counts until it is time to write."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._messages: Counter[Sent] = Counter()
        self._bytes: Counter[Sent] = Counter()
        self._due = clock() + WRITTEN_EVERY_S

    def count(self, vehicle_id: int, cells: Mapping[str, Cell], payload_bytes: int) -> None:
        """One message of this van, whose last values tell where it is."""
        told, lat, lon = ((cell := cells.get(name)) and cell[0] for name in ("country", "lat", "lon"))
        sent = Sent(vehicle_id, country_of(told, lat, lon))
        self._messages[sent] += 1
        self._bytes[sent] += payload_bytes

    def take(self) -> dict[Sent, Amount]:
        """What is to be written now; mostly nothing."""
        if self._clock() < self._due:
            return {}
        taken = {sent: Amount(messages, self._bytes[sent]) for sent, messages in self._messages.items()}
        self._messages.clear()
        self._bytes.clear()
        self._due = self._clock() + WRITTEN_EVERY_S
        return taken

    def give_back(self, taken: Mapping[Sent, Amount]) -> None:
        """It was not committed."""
        for sent, amount in taken.items():
            self._messages[sent] += amount.messages
            self._bytes[sent] += amount.bytes
