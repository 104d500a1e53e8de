"""States of a command, the moves between them and how a command is told to screens; shared by portal and signer.

No Django here: the signer runs without it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypedDict
from uuid import UUID


class State(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENT, State.FAILED, State.EXPIRED}),
    State.SENT: frozenset({State.ACCEPTED, State.DONE, State.FAILED, State.EXPIRED}),
    State.ACCEPTED: frozenset({State.DONE, State.FAILED, State.EXPIRED}),
    # `expired` says that the platform stopped waiting, not what the van did: its late signed word still counts.
    State.EXPIRED: frozenset({State.DONE, State.FAILED}),
    State.DONE: frozenset(),
    State.FAILED: frozenset(),
}

FINISHED = frozenset({State.DONE, State.FAILED, State.EXPIRED})

GRACE = {State.QUEUED: timedelta(0), State.SENT: timedelta(seconds=5), State.ACCEPTED: timedelta(seconds=60)}
"""How long after a command's expiry an answer is waited for: the van may accept at the last moment and then work."""

RATE_WINDOW = timedelta(minutes=1)
OPENINGS_PER_VEHICLE = 5
OPENINGS_OVERALL = 100
"""More openings than this within RATE_WINDOW freeze all openings until a person has looked."""

PIN_TRIES = 5


class StepView(TypedDict):
    state: str
    at: str
    reason: str


class CommandView(TypedDict):
    """What pages, the API and live streams show."""

    id: str
    vehicle_id: int
    name: str
    state: str
    reason: str
    requested_by: str
    created_at: str
    steps: list[StepView]


def may_move(old: str, new: str) -> bool:
    return State(new) in MOVES[State(old)]


def iso(moment: datetime) -> str:
    """UTC with milliseconds and `Z`, as everywhere in the API."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def describe(
    *,
    command_id: UUID,
    vehicle_id: int,
    name: str,
    requested_by: str,
    created_at: datetime,
    steps: Iterable[tuple[str, datetime, str]],
) -> CommandView:
    """A command as people see it; its state is that of its last step."""
    told: list[StepView] = [StepView(state=state, at=iso(at), reason=reason) for state, at, reason in steps]
    return CommandView(
        id=str(command_id),
        vehicle_id=vehicle_id,
        name=name,
        state=told[-1]["state"],
        reason=told[-1]["reason"],
        requested_by=requested_by,
        created_at=iso(created_at),
        steps=told,
    )
