"""From messages to a draft: what is new, what is good, what must be refused, what cannot be understood."""

import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from kolonne.portal.telemetry.ingest import metrics, store
from kolonne.portal.telemetry.ingest.binding import FOREIGN_EPOCH, Binding, Bindings
from kolonne.portal.telemetry.ingest.broker import Message
from kolonne.portal.telemetry.ingest.decode import envelope, mend
from kolonne.portal.telemetry.ingest.draft import Draft, Epoch
from kolonne.portal.telemetry.ingest.prefix import Step, advance
from kolonne.portal.telemetry.ingest.readings import sift
from kolonne.portal.telemetry.ingest.rows import CLOCK_IMPLAUSIBLE, Stamp, row, timestamp
from kolonne.portal.telemetry.ingest.states import Cell, Point, States, Transition
from kolonne.portal.telemetry.ingest.traffic import Traffic
from kolonne.wire.messages import Telemetry, WireError, decode_telemetry
from kolonne.wire.signals import Value

log = structlog.get_logger()

OLDEST_MS = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp() * 1000)
AHEAD_MS = 24 * 3600 * 1000
"""Vehicle times before `OLDEST_MS`, or further ahead than this, are replaced by the time of receipt."""
LETTERS_A_DAY = 100
"""Per module; further ones are counted only."""
MAX_CURSORS = 100_000
"""Kept in memory; all are read again when there are more."""
_LOOK_UP_S = 1.0
_SERIAL = slice(len("m."), -len(".up.telemetry"))
"""Of a subject."""


class Incoming(NamedTuple):
    """A message whose sender is known."""

    binding: Binding
    epoch: Epoch
    message: Telemetry
    payload: bytes
    complaints: list[str]


class Drafter:
    """Knows who modules are, where their cursors stand and what their vans last said."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self.states = States()
        self._traffic = Traffic()
        self._cursors: dict[Epoch, int] = {}
        self._letters: dict[str, int] = {}
        self._letters_day = ""
        self._looked_up: dict[bytes, float] = {}

    async def draft(self, connection: store.Connection, messages: list[Message], received_ms: int) -> Draft:
        """Everything that these messages want written; memory runs ahead of the database until it is committed."""
        draft = Draft(received_ms)
        try:
            await self._meet(connection, messages)
            incoming = [known for message in messages if (known := self._read(draft, *message))]
            await self._load_cursors(connection, incoming)
            await self._load_states(connection, incoming)
            for known in incoming:
                self._add(draft, known)
                self._traffic.count(known.binding.vehicle_id, len(known.payload))
            draft.traffic = self._traffic.take(self._cells)
        except BaseException:
            self.forget(draft)
            raise
        return draft

    def _cells(self, vehicle_id: int) -> Mapping[str, Cell]:
        state = self.states.get(vehicle_id)
        return {} if state is None else state.cells

    def forget(self, draft: Draft) -> None:
        """The draft was not committed: what memory holds of its modules and vans is to be read again."""
        for epoch in draft.moves:
            self._cursors.pop(epoch, None)
        self.states.forget(draft.states)
        self._traffic.give_back(draft.traffic)
        draft.traffic = {}
        for letter in draft.letters:
            self._letters[letter.serial] -= 1

    def forget_all(self) -> None:
        """After a new connection: its database may be one that was restored, and know less than memory does."""
        self.states.forget_all()
        self._cursors.clear()
        self._letters_day = ""

    async def renew(self, connection: store.Connection, message: Message) -> None:
        """Reads again who sent this message."""
        await self.bindings.reload_one(connection, message[0][_SERIAL].decode("ascii", "replace"))

    async def set_aside(
        self, connection: store.Connection, messages: list[Message], modules: Collection[int]
    ) -> list[Message]:
        """The messages without those of these modules, whose bindings are read again."""
        of_them = {
            serial
            for subject, _ in messages
            if (binding := self.bindings.get(serial := subject[_SERIAL])) and binding.module_id in modules
        }
        for serial in of_them:
            await self.bindings.reload_one(connection, serial.decode("ascii", "replace"))
        return [message for message in messages if message[0][_SERIAL] not in of_them]

    async def letter(self, connection: store.Connection, message: Message, reason: str, received_ms: int) -> Draft:
        """The draft of a message that cannot be stored: its bytes become a dead letter, and nothing else of it is
        written but its cursor, if it can be told. The van's state is not even looked at."""
        subject, payload = message
        draft, binding = Draft(received_ms), self.bindings.get(subject[_SERIAL])
        if binding is None:
            self._bury(draft, None, subject[_SERIAL].decode("ascii", "replace"), [reason], payload)
            return draft
        try:
            known = _incoming(binding, envelope(payload), payload, [reason])
        except WireError:
            self._bury(draft, binding, binding.serial, [reason], payload)
            return draft
        await self._load_cursors(connection, [known])
        self._add(draft, known)
        return draft

    async def _meet(self, connection: store.Connection, messages: list[Message]) -> None:
        """Looks unknown serials up, for modules that were enrolled a moment ago."""
        now = time.monotonic()
        day = datetime.now(UTC).date().isoformat()
        if day != self._letters_day:
            self._letters_day, self._letters = day, await store.letters_today(connection)
        unknown = {serial for subject, _ in messages if self.bindings.get(serial := subject[_SERIAL]) is None}
        for serial in unknown:
            if now - self._looked_up.get(serial, 0) > _LOOK_UP_S:
                self._looked_up[serial] = now
                await self.bindings.reload_one(connection, serial.decode("ascii", "replace"))
        if len(self._looked_up) > 10_000:
            self._looked_up.clear()

    def _read(self, draft: Draft, subject: bytes, payload: bytes) -> Incoming | None:
        serial = subject[_SERIAL]
        binding = self.bindings.get(serial)
        if binding is None:
            self._bury(draft, None, serial.decode("ascii", "replace"), ["the serial is not enrolled"], payload)
            return None
        try:
            return _incoming(binding, decode_telemetry(payload), payload, [])
        except WireError as error:
            try:
                mended = mend(payload, error)
            except WireError as hopeless:
                self._bury(draft, binding, binding.serial, [str(hopeless)], payload)
                return None
            return _incoming(binding, mended.message, payload, mended.complaints)

    async def _load_cursors(self, connection: store.Connection, incoming: Collection[Incoming]) -> None:
        epochs = {known.epoch for known in incoming} - self._cursors.keys()
        if epochs:
            if len(self._cursors) > MAX_CURSORS:
                self._cursors.clear()
                epochs = {known.epoch for known in incoming}
            self._cursors |= await store.load_cursors(connection, epochs)

    async def _load_states(self, connection: store.Connection, incoming: Collection[Incoming]) -> None:
        vehicles = self.states.missing({known.binding.vehicle_id for known in incoming})
        if vehicles:
            await store.load_states(connection, self.states, vehicles)

    def _add(self, draft: Draft, known: Incoming) -> None:
        binding, message = known.binding, known.message
        if binding.foreign and known.epoch.name in binding.foreign:
            binding = binding.closed(FOREIGN_EPOCH)
        cursor = self._cursors.get(known.epoch)
        if cursor is None:
            # The module was deleted a moment ago, or begins epochs without end.
            self._bury(draft, binding, binding.serial, ["the module has begun too many epochs"], known.payload)
            return
        step = advance(cursor, first=message.sequence, count=len(message.points), dropped=message.dropped)
        draft.acks[binding.serial] = (message.epoch, step.acknowledge)
        if step.skip:
            metrics.DUPLICATES.inc(step.skip)
        if step.cursor == cursor:
            return
        draft.move(known.epoch, binding, step, cursor)
        self._cursors[known.epoch] = step.cursor
        if step.lost:
            metrics.LOST.inc(step.lost)
        complaints = known.complaints + self._add_points(draft, binding, message, step)
        if complaints:
            self._bury(draft, binding, binding.serial, complaints, known.payload)

    def _add_points(self, draft: Draft, binding: Binding, message: Telemetry, step: Step) -> list[str]:
        """Rows, state and counters of the points that come next; returns what was wrong with them."""
        received_ms, company_id, vehicle_id = draft.received_ms, binding.company_id, binding.vehicle_id
        received, newest_ms = timestamp(received_ms), received_ms + AHEAD_MS
        plans, since_ms, append = binding.profile.plans, binding.since_ms, draft.rows.append
        accepted, shapes, complaints = list[Point](), set[tuple[str, ...]](), list[str]()
        sequence = message.sequence + step.skip
        for t_ms, readings in message.points[step.skip :]:
            flags = 0
            if not OLDEST_MS <= t_ms <= newest_ms:
                # The vehicle's time is of no use. A device that was in another van may have measured it there, in an
                # epoch that never arrived: then it is older than everything.
                t_ms, flags = received_ms if binding.foreign is None else 0, CLOCK_IMPLAUSIBLE  # noqa: PLW2901
            packed, shape = None, tuple(readings)
            if t_ms >= since_ms and (plan := plans.get(shape)):
                ts = (t_ms - 946_684_800_000) * 1000
                packed = plan(ts, received, company_id, vehicle_id, sequence & 0x7FFFFFFF, flags, readings)
            if packed is None:
                stamp = Stamp(timestamp(t_ms), received, company_id, vehicle_id, sequence & 0x7FFFFFFF, flags)
                then = binding.then(t_ms) if t_ms < since_ms else None
                readings, packed = self._slowly(draft, binding, stamp, readings, then, complaints)  # noqa: PLW2901
                shape = tuple(readings)
            if packed is not None:
                append(packed)
                accepted.append((t_ms, readings))
                shapes.add(shape)
            sequence += 1
        if accepted:
            self._merge(draft, binding, accepted, shapes)
        return complaints

    def _merge(self, draft: Draft, binding: Binding, accepted: list[Point], shapes: set[tuple[str, ...]]) -> None:
        """Takes stored points into the van's state."""
        state, transitions = self.states.use(binding.vehicle_id), list[Transition]()
        draft.states[binding.vehicle_id] = (binding, state)
        state.merge(accepted, transitions, uniform=len(shapes) == 1)
        if known := draft.changed.get(binding.vehicle_id):
            known |= shapes
        else:
            draft.changed[binding.vehicle_id] = shapes
        draft.transitions += [(binding, transition) for transition in transitions]

    def _slowly(
        self,
        draft: Draft,
        binding: Binding,
        stamp: Stamp,
        readings: dict[str, Value],
        then: tuple[frozenset[str], str] | None,
        complaints: list[str],
    ) -> tuple[dict[str, Value], bytes | None]:
        """The good readings of a point and their row, None if there is none; adds to `complaints`."""
        sifted = sift(readings, profile=binding.profile, refusal=binding.refusal, then=then)
        if sifted.refused:
            draft.refuse(binding, sifted.refused)
            complaints += sifted.complaints
        elif readings:
            binding.profile.settle(tuple(readings))
        return sifted.good, row(stamp, sifted.good) if sifted.good else None

    def _bury(self, draft: Draft, binding: Binding | None, serial: str, complaints: list[str], payload: bytes) -> None:
        """Writes a dead letter, within the module's bound for the day."""
        metrics.LETTERS.inc()
        times = self._letters[serial] = self._letters.get(serial, 0) + 1
        if times <= LETTERS_A_DAY:
            draft.bury(binding, serial, complaints, payload)
        elif binding is not None:
            draft.refuse(binding, [("dead_letter", "")])


def _incoming(binding: Binding, message: Telemetry, payload: bytes, complaints: list[str]) -> Incoming:
    return Incoming(binding, Epoch(binding.module_id, str(message.epoch)), message, payload, complaints)
