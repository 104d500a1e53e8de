"""What waits to be sent to one browser. Pure, and bounded whatever the browser does."""

import asyncio
from collections import deque

import msgspec

from kolonne.wire.messages import encode_json

Diff = dict[int, dict[str, msgspec.Raw]]
"""Changed signals by vehicle id, each still the JSON that ingest wrote."""

MAX_WAITING = 4
"""Events that may wait for a slow browser; from then on its changes are merged into one event."""
MAX_COMMANDS = 100
"""Command steps that may wait; the page of a van loads its commands anew anyway."""


def event(name: str, data: bytes) -> bytes:
    """One server-sent event. JSON from msgspec holds no line break."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def vans_event(diff: Diff) -> bytes:
    return event("vans", encode_json({"vans": [{"id": van, "signals": signals} for van, signals in diff.items()]}))


def merge(into: Diff, diff: Diff) -> None:
    """Newer signals replace older ones."""
    for van, signals in diff.items():
        if van in into:
            into[van] |= signals
        else:
            into[van] = dict(signals)


def seen(diff: Diff, signals: frozenset[str]) -> Diff:
    """Without signals that may not be seen, and vans of which nothing is left."""
    if all(changed.keys() <= signals for changed in diff.values()):
        return diff
    shown = {van: {name: cell for name, cell in changed.items() if name in signals} for van, changed in diff.items()}
    return {van: changed for van, changed in shown.items() if changed}


class Client:
    """A browser's queue. A fast one gets the bytes that all browsers of its company share."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._missed: Diff = {}
        self._commands: deque[bytes] = deque(maxlen=MAX_COMMANDS)
        self._something = asyncio.Event()
        self.is_doubted = False
        """Whether its person must be asked for anew before anything more is sent."""

    def doubt(self) -> None:
        self.is_doubted = True
        self._something.set()

    def tell(self, shared: bytes, diff: Diff) -> None:
        """`shared` is `vans_event(diff)`, made once for everybody."""
        if self._missed or len(self._waiting) >= MAX_WAITING:
            merge(self._missed, diff)
        else:
            self._waiting.append(shared)
        self._something.set()

    def tell_command(self, shared: bytes) -> None:
        self._commands.append(shared)
        self._something.set()

    async def next(self) -> bytes:
        """Everything that waits, as one piece; waits for something."""
        await self._something.wait()
        self._something.clear()
        pieces = [*self._waiting, *self._commands]
        self._waiting.clear()
        self._commands.clear()
        if self._missed:
            pieces.append(vans_event(self._missed))
            self._missed = {}
        return b"".join(pieces)
