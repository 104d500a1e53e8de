"""What a van's answer must prove before it counts; pure."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from kolonne.portal.commands.lifecycle import State
from kolonne.wire import cose
from kolonne.wire.commands import REASONS
from kolonne.wire.messages import Reply
from kolonne.wire.signals import catalogue

MAX_BYTES = 4096
_END_OF_COUNTERS = 1 << 63

_OUTCOMES = {"accepted": State.ACCEPTED, "done": State.DONE, "failed": State.FAILED, "refused": State.FAILED}

SAYS_NOTHING = frozenset({"replayed", "wrong_epoch"})
"""Refusals of a copy: what became of the first one they do not tell."""


class BadReply(Exception):
    """Not an answer of this module; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A proven answer."""

    command_id: UUID
    counter: int
    state: State
    reason: str
    signals: dict[str, Any]


def read(message: bytes, *, serial: str, public_key: bytes) -> Answer | None:
    """The answer that `serial` signed; None for one that says nothing about the command. Raises BadReply."""
    if len(message) > MAX_BYTES:
        raise BadReply(f"{len(message)} bytes are more than the {MAX_BYTES} allowed")
    try:
        reply = msgspec.convert(cose.verify(message, public_key=public_key, purpose="reply"), Reply)
        command_id = UUID(reply.id)
    except (cose.BadSignature, msgspec.ValidationError, ValueError) as error:
        raise BadReply(str(error)) from error
    if reply.serial != serial:
        raise BadReply("signed for another serial")
    if not 0 < reply.counter < _END_OF_COUNTERS:
        raise BadReply("no such counter")
    if reply.outcome not in _OUTCOMES:
        raise BadReply("no such outcome")
    if reply.reason and reply.reason not in REASONS:
        raise BadReply("no such reason")
    if reply.outcome == "refused" and reply.reason in SAYS_NOTHING:
        return None
    state = _OUTCOMES[reply.outcome]
    reason = reply.reason if state is State.FAILED else ""
    return Answer(command_id, reply.counter, state, reason, _known(reply.state))


def _known(signals: dict[str, Any]) -> dict[str, Any]:
    """Only readings of the catalogue are kept; an answer counts even if it tells something else besides."""
    known = catalogue()
    return {name: value for name, value in signals.items() if name in known and known[name].complaint(value) is None}
