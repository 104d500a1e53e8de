"""Changes of all companies that somebody watches, passed on once a second."""

import asyncio
from collections import defaultdict

import msgspec
import structlog

from kolonne.portal.telemetry.live.client import Client, Diff, event, merge, seen, vans_event

log = structlog.get_logger()

TICK_S = 0.8
"""A little more often than once a second: with the time that ingest takes, a change is on the screen within one."""


class _Van(msgspec.Struct):
    id: int
    signals: dict[str, msgspec.Raw]


class _Message(msgspec.Struct):
    """What ingest (`vans`) and the signer (`command`) publish on `live.<company>`."""

    vans: list[_Van] = []
    command: msgspec.Raw = msgspec.Raw()
    """Empty when there is none; `Raw | None` would refuse every object."""


_decode = msgspec.json.Decoder(_Message).decode
_RESYNC = event("resync", b"{}")


class Hub:
    """Who watches which company, what he may see there (VH-05), and what changed since the last tick.

    As long as nobody said what may be seen of a company, its changes wait.
    """

    def __init__(self) -> None:
        self._watchers: defaultdict[int, set[Client]] = defaultdict(set)
        self._pending: defaultdict[int, Diff] = defaultdict(dict)
        self._visible: dict[int, frozenset[str]] = {}

    @property
    def watched(self) -> list[int]:
        """Companies that somebody watches."""
        return list(self._watchers)

    def show(self, company: int, signals: frozenset[str], *, anew: bool = False) -> None:
        """From now on only these are passed on. Pages take a new snapshot if they may hold more, or `anew`."""
        if company not in self._watchers:
            return
        before = self._visible.get(company, signals)
        self._visible[company] = signals
        if anew or before != signals:
            for client in self._watchers[company]:
                client.tell_command(_RESYNC)

    def watch(self, client: Client, companies: frozenset[int]) -> None:
        for company in companies:
            self._watchers[company].add(client)

    def leave(self, client: Client, companies: frozenset[int]) -> None:
        for company in companies:
            self._watchers[company].discard(client)
            if not self._watchers[company]:
                del self._watchers[company]
                self._pending.pop(company, None)
                self._visible.pop(company, None)

    def receive(self, company: int, payload: bytes) -> None:
        """A message from NATS. What nobody watches is not even read."""
        if company not in self._watchers:
            return
        try:
            message = _decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.error("not a live message", company=company, error=str(error))
            return
        if message.vans:
            merge(self._pending[company], {van.id: van.signals for van in message.vans})
        if bytes(message.command):
            step = event("command", bytes(message.command))
            for client in self._watchers[company]:
                client.tell_command(step)

    def tick(self) -> None:
        """Serialises each company's changes once, for all who watch it."""
        pending, self._pending = self._pending, defaultdict(dict)
        for company, whole in pending.items():
            if company not in self._visible:
                self._pending[company] = whole
                continue
            diff = seen(whole, self._visible[company])
            if not diff:
                continue
            shared = vans_event(diff)
            for client in self._watchers.get(company, ()):
                client.tell(shared, diff)

    def resync(self) -> None:
        """Changes may have been missed: pages take a new snapshot."""
        for client in {client for clients in self._watchers.values() for client in clients}:
            client.tell_command(_RESYNC)

    async def run(self) -> None:
        """Ticks until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + TICK_S, loop.time())
            await asyncio.sleep(due - loop.time())
            self.tick()
