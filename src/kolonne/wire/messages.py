"""The messages between a module and the platform, version 1.

Telemetry, acknowledgements and profiles are JSON, or the same in MessagePack, told apart by the first byte. Commands,
replies and hellos are COSE_Sign1 messages (`wire.cose`) whose CBOR map is one of the structs below.

(epoch, sequence) numbers every point of a module for ever. A module that starts with an empty store takes a new
epoch and begins at sequence 1; the platform stores the contiguous prefix and acknowledges what it has *committed*.
"""

from typing import Any

import msgspec

from kolonne.wire import VERSION
from kolonne.wire.signals import Value

MAX_POINTS = 500
MAX_BYTES = 256 * 1024
MAX_EPOCH = 32


class WireError(Exception):
    """A message that cannot be read; the text says why."""


_SHORT = {"epoch": "e", "sequence": "s", "dropped": "d", "points": "p", "version": "v"}


class Telemetry(msgspec.Struct, rename=_SHORT, omit_defaults=True):
    """Points of one module, oldest first; the first has number `sequence`, each next one more.

    `dropped` points directly before `sequence` exist no more: the module's store was full. The platform counts them
    and moves on, so that a gap is reported and never waited for.
    """

    epoch: int | str
    sequence: int
    points: list[tuple[int, dict[str, Value]]]
    """[milliseconds since 1970 by the vehicle's clock, {short signal name: value}]."""
    dropped: int = 0
    version: int = VERSION


class Ack(msgspec.Struct, rename={"epoch": "e", "sequence": "s"}):
    """Everything up to and including `sequence` of `epoch` is committed in PostgreSQL; cumulative."""

    epoch: int | str
    """As the module wrote it."""
    sequence: int


class Profile(msgspec.Struct):
    """What the module shall collect. No signals means silence."""

    version: int
    signals: dict[str, float]
    """Short name to the smallest interval between two readings in seconds; 0 takes every reading."""


class Hello(msgspec.Struct):
    """Says on connect who is there; signed with the module's own key, which the first hello introduces."""

    serial: str
    agent: str
    """Version of the agent, for example `kolonne-module/0.1.0`."""
    epoch: str
    boot: str
    """Random for each start of the agent: the session clock counts from there."""
    clock_ms: int
    """Milliseconds since this boot."""
    counter: int
    """Number of the last command that was accepted in this epoch."""
    key: bytes
    """The module's public Ed25519 key, 32 bytes."""
    capabilities: list[str]
    """Names of the commands that this van can carry out."""


class Command(msgspec.Struct):
    """An order to a van, signed by the platform's signer; executed at most once."""

    serial: str
    id: str
    """UUID in its 36-character form."""
    command: str
    args: dict[str, Any]
    epoch: str
    boot: str
    counter: int
    """Strictly greater than every counter that the module has seen in this epoch."""
    expires_ms: int
    """On the module's session clock: no trust in either side's wall clock is needed."""


class Reply(msgspec.Struct):
    """What became of a command, signed by the module."""

    serial: str
    id: str
    counter: int
    outcome: str
    """`accepted`, then `done` or `failed`; or `refused`."""
    reason: str = ""
    """A code from `wire.commands.REASONS` when failed or refused."""
    state: dict[str, Value] = {}
    """Signals that tell the new state, for example `{"locked": true}`."""


class Renewal(msgspec.Struct):
    """Asks for the next certificate; signed with the key of the present one (purpose `renewal`)."""

    serial: str
    certificate: bytes
    """SHA-256 of the present certificate in DER."""
    request: bytes
    """PKCS #10 in DER, with the new key."""
    time_s: int
    """Seconds since 1970 by the module's clock."""


_json_telemetry = msgspec.json.Decoder(Telemetry)
_pack_telemetry = msgspec.msgpack.Decoder(Telemetry)


def is_json(payload: bytes) -> bool:
    """JSON objects begin with `{`; a MessagePack map never does in our messages."""
    return payload[:1] in (b"{", b" ", b"\n", b"\t", b"\r")


def decode_telemetry(payload: bytes) -> Telemetry:
    """Shapes only: whether a signal exists and its value fits is the reader's to check. Raises WireError."""
    if len(payload) > MAX_BYTES:
        raise WireError(f"{len(payload)} bytes are more than the {MAX_BYTES} allowed")
    try:
        message = (_json_telemetry if is_json(payload) else _pack_telemetry).decode(payload)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(str(error)) from error
    if not 1 <= len(message.points) <= MAX_POINTS:
        raise WireError(f"{len(message.points)} points: 1 to {MAX_POINTS} are allowed")
    if message.version != VERSION:
        raise WireError(f"v: version {message.version} is not spoken here, only {VERSION}")
    if not 1 <= len(str(message.epoch)) <= MAX_EPOCH or not str(message.epoch).isalnum():
        raise WireError(f"e: an epoch has 1 to {MAX_EPOCH} letters and digits")
    if not 0 <= message.sequence < 1 << 62 or not 0 <= message.dropped <= message.sequence:
        raise WireError("s, d: a sequence is not negative, and no more points were dropped than exist")
    return message


encode_json = msgspec.json.Encoder().encode
encode_msgpack = msgspec.msgpack.Encoder().encode
