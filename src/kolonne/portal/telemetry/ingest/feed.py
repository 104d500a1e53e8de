"""Live changes: what was committed, told to the portal a few times a second."""

import time

from kolonne.portal.telemetry.ingest.broker import Broker, publish
from kolonne.portal.telemetry.ingest.draft import Draft
from kolonne.portal.telemetry.ingest.states import States
from kolonne.wire.messages import encode_json
from kolonne.wire.subjects import live_subject

INTERVAL_S = 0.2
"""The portal tells browsers once a second; more often than this would only cost."""
_VANS_A_MESSAGE = 200
"""About 300 kB with every signal of every van: NATS takes 1 MB."""


class Feed:
    """Collects the signals that changed per van and publishes them, by company, on `live.<company>`."""

    def __init__(self, broker: Broker, states: States) -> None:
        self._broker = broker
        self._states = states
        self._pending: dict[int, dict[int, set[tuple[str, ...]]]] = {}
        self._last = 0.0

    def note(self, draft: Draft) -> None:
        """Only after the draft was committed."""
        for vehicle_id, shapes in draft.changed.items():
            company_id = draft.states[vehicle_id][0].company_id
            company = self._pending.setdefault(company_id, {})
            if vehicle_id in company:
                company[vehicle_id] |= shapes
            else:
                company[vehicle_id] = shapes

    def publish_due(self) -> None:
        """Publishes if the interval is over. Not while a transaction runs: the states are ahead of it."""
        now = time.monotonic()
        if not self._pending or now - self._last < INTERVAL_S:
            return
        self._last = now
        pending, self._pending = self._pending, {}
        commands = [command for company, vans in pending.items() for command in self._commands(company, vans)]
        # Nobody waits for a change that is not sent: a page that reconnects takes a new snapshot.
        self._broker.send(b"".join(commands))

    def _commands(self, company_id: int, vans: dict[int, set[tuple[str, ...]]]) -> list[bytes]:
        subject = live_subject(company_id).encode()
        known = [van for vehicle_id, shapes in vans.items() if (van := self._van(vehicle_id, shapes))]
        return [
            publish(subject, b'{"vans":[%b]}' % b",".join(known[start : start + _VANS_A_MESSAGE]))
            for start in range(0, len(known), _VANS_A_MESSAGE)
        ]

    def _van(self, vehicle_id: int, shapes: set[tuple[str, ...]]) -> bytes | None:
        state, names = self._states.get(vehicle_id), set[str]().union(*shapes)
        if state is None:
            return None  # Its last transaction failed; the module sends again.
        cells = state.cells
        if len(names) == len(cells):
            return b'{"id":%d,"signals":%b}' % (vehicle_id, state.text)
        changed = encode_json({name: cells[name] for name in names if name in cells})
        return b'{"id":%d,"signals":%b}' % (vehicle_id, changed)
