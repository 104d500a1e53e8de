"""What one flush will write, collected before its transaction."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from kolonne.portal.telemetry.ingest.binding import Binding
from kolonne.portal.telemetry.ingest.prefix import Step
from kolonne.portal.telemetry.ingest.states import Transition, VanState
from kolonne.portal.telemetry.ingest.traffic import Amount, Sent

MAX_LETTER = 64 * 1024
_MAX_REASON = 2000


class RefusalKey(NamedTuple):
    """What refused readings are counted by, beside the day."""

    company_id: int
    vehicle_id: int
    reason: str
    signal: str


class Letter(NamedTuple):
    """A payload that could not be wholly understood."""

    company_id: int | None
    serial: str
    reason: str
    payload: bytes


class Epoch(NamedTuple):
    """One numbering of one module's points."""

    module_id: int
    name: str


@dataclass(slots=True)
class Move:
    """The cursor of an epoch: where the database must still stand, and where it goes."""

    binding: Binding
    before: int
    after: int
    lost: int = 0


@dataclass(slots=True)
class Draft:
    """Rows, cursors, states, transitions, counters and dead letters of one transaction."""

    received_ms: int
    rows: list[bytes] = field(default_factory=list)
    moves: dict[Epoch, Move] = field(default_factory=dict)
    """Only of cursors that really move."""
    states: dict[int, tuple[Binding, VanState]] = field(default_factory=dict)
    """By vehicle id."""
    changed: dict[int, set[tuple[str, ...]]] = field(default_factory=dict)
    """Sets of signals with a new reading, by vehicle id: what watchers are told after COMMIT."""
    transitions: list[tuple[Binding, Transition]] = field(default_factory=list)
    refusals: Counter[RefusalKey] = field(default_factory=Counter)
    letters: list[Letter] = field(default_factory=list)
    traffic: dict[Sent, Amount] = field(default_factory=dict)
    """How much was sent since it was written last; in most drafts nothing."""
    acks: dict[str, tuple[int | str, int]] = field(default_factory=dict)
    """(epoch as the module wrote it, sequence) by serial; the last one of a flush counts."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write; acknowledgements may still be due."""
        return not (self.moves or self.letters or self.refusals or self.traffic)

    def move(self, epoch: Epoch, binding: Binding, step: Step, before: int) -> None:
        move = self.moves.get(epoch)
        if move is None:
            self.moves[epoch] = Move(binding, before, step.cursor, step.lost)
        else:
            move.after = step.cursor
            move.lost += step.lost

    def refuse(self, binding: Binding, refused: list[tuple[str, str]]) -> None:
        """Counts refused readings, each (reason, signal)."""
        for reason, signal in refused:
            self.refusals[RefusalKey(binding.company_id, binding.vehicle_id, reason, signal)] += 1

    def bury(self, binding: Binding | None, serial: str, complaints: list[str], payload: bytes) -> None:
        """Keeps a payload with what is wrong in it."""
        # Errors quote what modules sent; PostgreSQL's text holds neither NUL nor lone surrogates.
        reason = "; ".join(complaints).encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
        reason = reason if len(reason) <= _MAX_REASON else reason[:_MAX_REASON] + "…"
        company_id = binding.company_id if binding else None
        self.letters.append(Letter(company_id, serial, reason, payload[:MAX_LETTER]))
