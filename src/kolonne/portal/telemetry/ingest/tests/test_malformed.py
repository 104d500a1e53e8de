"""NF-04: 10,000 malformed messages among good ones, from bytes to committed rows, and not one crash."""

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from kolonne.portal.telemetry.ingest import store
from kolonne.portal.telemetry.ingest.binding import Bindings
from kolonne.portal.telemetry.ingest.broker import Message
from kolonne.portal.telemetry.ingest.decode import envelope, mend
from kolonne.portal.telemetry.ingest.draft import MAX_LETTER
from kolonne.portal.telemetry.ingest.drafting import LETTERS_A_DAY, Drafter
from kolonne.portal.telemetry.ingest.plans import profile_of
from kolonne.portal.telemetry.ingest.readings import sift
from kolonne.portal.telemetry.ingest.rows import Stamp, row
from kolonne.wire.messages import MAX_BYTES, WireError, decode_telemetry
from kolonne.wire.signals import catalogue

MESSAGES = 10_000
BATCH = 100
MODULES = 2 * BATCH
"""So that each module says one message of a batch at most, and stays below its bound of dead letters."""
GOOD_EVERY = 10
"""After so many bad messages a good one follows, in the same transaction."""
NOW_MS = 1_790_000_000_000
PROFILE = profile_of(frozenset(catalogue()))
STAMP = Stamp(0, 0, 1, 1, 1, 0)
ODD: list[Any] = [
    None, math.nan, math.inf, -math.inf, 1e308, -1e308, 10**30, -(2**63), "", "\0", "\ud800", "x" * 10_000, [], {},
    [1], ["a", 1], {"a": 1}, True, -0.0, "NaN", "DROP TABLE", ["x"] * 1000,
]  # fmt: skip


def outcome(payload: bytes) -> tuple[int, list[str]]:
    """What ingest makes of a payload: number of rows, and complaints."""
    try:
        message, complaints = decode_telemetry(payload), list[str]()
    except WireError as error:
        try:
            mended = mend(payload, error)
        except WireError as hopeless:
            return 0, [str(hopeless)]
        message, complaints = mended.message, mended.complaints
    made = 0
    for _, readings in message.points:
        sifted = sift(readings, profile=PROFILE, refusal="not_in_profile")
        complaints += sifted.complaints
        made += bool(sifted.good and row(STAMP, sifted.good))
    return made, complaints


def good_message(dice: random.Random) -> dict[str, Any]:
    points = [[1_790_000_000_000 + i, {"speed": i, "soc": 50, "ignition": "ON"}] for i in range(dice.randint(1, 5))]
    # An epoch of its own, so that its points come next.
    return {"e": f"{dice.getrandbits(64):016x}", "s": 1, "p": points}


def encode(message: Any, dice: random.Random) -> bytes:
    if dice.random() < 0.5:
        return json.dumps(message).encode("utf-8", "surrogatepass")
    try:
        return msgspec.msgpack.encode(message)
    except (OverflowError, UnicodeEncodeError):
        return json.dumps(message).encode("utf-8", "surrogatepass")


def bad_value(message: dict[str, Any], dice: random.Random) -> Any:
    dice.choice(message["p"])[1][dice.choice([*catalogue(), "nonsense", "a\0b"])] = dice.choice(ODD)
    return message


def bad_point(message: dict[str, Any], dice: random.Random) -> Any:
    message["p"][dice.randrange(len(message["p"]))] = dice.choice(
        [*ODD, [1], [1, 2, 3], ["1", {}], [1.5, {}], [10**40, {}]]
    )
    return message


def bad_envelope(message: dict[str, Any], dice: random.Random) -> Any:
    message[dice.choice(["e", "s", "p", "d", "v"])] = dice.choice([*ODD, 2, -1, 1 << 70])
    return message


def missing(message: dict[str, Any], dice: random.Random) -> Any:
    del message[dice.choice(["e", "s", "p"])]
    return message


def other(message: dict[str, Any], dice: random.Random) -> Any:
    return dice.choice(ODD)


def flipped(payload: bytes, dice: random.Random) -> bytes:
    noisy = bytearray(payload)
    for _ in range(dice.randint(1, 8)):
        noisy[dice.randrange(len(noisy))] = dice.randrange(256)
    return bytes(noisy)


def mangle(dice: random.Random) -> bytes:
    kind = dice.choice([bad_value, bad_point, bad_envelope, missing, other, None])
    if kind is not None:
        return encode(kind(good_message(dice), dice), dice)
    payload = encode(good_message(dice), dice)
    return dice.choice(
        [
            lambda: flipped(payload, dice),
            lambda: payload[: dice.randrange(len(payload))],
            lambda: payload + dice.randbytes(3),
            lambda: dice.randbytes(dice.randint(0, 200)),
            lambda: b'{"e":1,"s":1,"p":' + b"[" * dice.randint(1000, 100_000),
            lambda: b"\x91" * dice.randint(1000, 100_000),
            lambda: payload.replace(b"speed", b"sp\x00ed"),
        ]
    )()


def batches(modules: list[Any], good: Any, dice: random.Random) -> Iterator[tuple[list[Message], list[Message]]]:
    """(all messages of a transaction, the bad ones among them): malformed ones of different modules, and every now
    and then the next message of the good module."""
    sequence = 0
    for start in range(0, MESSAGES, BATCH):
        bad = [(modules[(start + i) % MODULES].subject, mangle(dice)) for i in range(BATCH)]
        mixed = list[Message]()
        for i, message in enumerate(bad):
            mixed.append(message)
            if i % GOOD_EVERY == 0:
                sequence += 1
                point = [NOW_MS + sequence, {"odometer": sequence}]
                mixed.append((good.subject, json.dumps({"e": "G", "s": sequence, "p": [point]}).encode()))
        yield mixed, bad


def needs_explanation(payload: bytes) -> bool:
    """Not if it happens to be as good as any, or lies behind a gap: then its module is told where to go on."""
    try:
        known = envelope(payload)
    except WireError:
        return True
    return bool(outcome(payload)[1]) and known.sequence - known.dropped <= 1


async def test_no_malformed_message_crashes_anything_and_each_is_explained(
    enrol: Any, connection: store.Connection, admin: "psycopg.Connection[tuple[Any, ...]]"
) -> None:
    """Each bad one has a dead letter with its bytes; the good ones of the same transactions are stored, all of them,
    in order."""
    seed = random.SystemRandom().randrange(1 << 32)
    *modules, good = enrol(MODULES + 1)
    drafter, expected = Drafter(Bindings()), Counter[tuple[str, bytes]]()
    for number, (messages, bad) in enumerate(batches(modules, good, random.Random(seed))):
        try:
            draft = await drafter.draft(connection, messages, NOW_MS)
            await store.commit(connection, draft)
        except Exception as error:
            raise AssertionError(f"seed {seed}, batch {number}") from error
        assert draft.acks[good.serial] == ("G", (number + 1) * BATCH // GOOD_EVERY)
        expected += Counter(_kept(*message) for message in bad if needs_explanation(message[1]))
    # A flipped bit may leave a message that is as good as any.
    assert expected.total() > MESSAGES * 0.8
    letters = _letters(admin, [module.serial for module in modules])
    assert max(Counter(serial for serial, _ in letters.elements()).values()) < LETTERS_A_DAY
    assert expected - letters == Counter(), f"seed {seed}: not explained"
    stored = admin.execute(
        "SELECT odometer FROM telemetry.sample WHERE vehicle_id = %s ORDER BY seq", [good.vehicle_id]
    ).fetchall()
    assert stored == [(n + 1,) for n in range(MESSAGES // GOOD_EVERY)]


def _kept(subject: bytes, payload: bytes) -> tuple[str, bytes]:
    """(serial, as much of the payload as a dead letter holds)."""
    return subject.decode().split(".")[1], payload[:MAX_LETTER]


def _letters(admin: "psycopg.Connection[tuple[Any, ...]]", serials: list[str]) -> Counter[tuple[str, bytes]]:
    sql = "SELECT serial, payload, reason FROM telemetry.dead_letter WHERE serial = ANY (%s)"
    found = admin.execute(sql, [serials]).fetchall()
    assert all(reason.isprintable() and reason for _, _, reason in found)
    return Counter((serial, bytes(payload)) for serial, payload, _ in found)


def _packable(value: Any) -> bool:
    """MessagePack has no numbers beyond 64 bits and no lone surrogates."""
    try:
        msgspec.msgpack.encode(value)
    except (OverflowError, UnicodeEncodeError):
        return False
    return True


SPOKEN = [(value, json.dumps) for value in ODD] + [(value, msgspec.msgpack.encode) for value in ODD if _packable(value)]


@pytest.mark.parametrize(("value", "encode"), SPOKEN, ids=lambda part: ascii(part)[:20])
def test_a_bad_value_costs_only_itself(value: Any, encode: Callable[[Any], str | bytes]) -> None:
    message = {"e": "A", "s": 1, "p": [[1_790_000_000_000, {"speed": 1, "heading": value}], [2, {"soc": 2}]]}
    encoded = encode(message)
    payload = encoded.encode() if isinstance(encoded, str) else encoded
    made, complaints = outcome(payload)
    assert made == 2
    assert ("heading" in " ".join(complaints)) == (value != 0)


def test_ten_megabytes_are_refused_without_being_read() -> None:
    assert outcome(b"{" + b" " * 10_000_000) == (0, [f"10000001 bytes are more than the {MAX_BYTES} allowed"])


def test_a_message_of_a_later_version_is_refused_by_its_version() -> None:
    made, (reason,) = outcome(b'{"e":1,"s":1,"v":2,"p":[[1,{"speed":1}]]}')
    assert made == 0
    assert "version 2" in reason
