"""NF-04: 10,000 malformed messages, and not one crash; each bad one is explained, its good readings kept."""

import json
import math
import random
from typing import Any

import msgspec
import pytest

from kolonne.portal.telemetry.ingest.decode import mend
from kolonne.portal.telemetry.ingest.plans import profile_of
from kolonne.portal.telemetry.ingest.readings import sift
from kolonne.portal.telemetry.ingest.rows import Stamp, row
from kolonne.wire.messages import MAX_BYTES, Telemetry, WireError, decode_telemetry
from kolonne.wire.signals import catalogue

MESSAGES = 10_000
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
    return _rows(message, complaints), complaints


def _rows(message: Telemetry, complaints: list[str]) -> int:
    made = 0
    for _, readings in message.points:
        sifted = sift(readings, profile=PROFILE, refusal="not_in_profile")
        complaints += sifted.complaints
        assert all(complaint and complaint.isprintable() and complaint.isascii() for complaint in sifted.complaints)
        made += bool(sifted.good and row(STAMP, sifted.good))
    return made


def good_message(dice: random.Random) -> dict[str, Any]:
    points = [[1_790_000_000_000 + i, {"speed": i, "soc": 50, "ignition": "ON"}] for i in range(dice.randint(1, 5))]
    return {"e": "A1", "s": dice.randint(1, 1000), "p": points}


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


def test_no_malformed_message_crashes_anything() -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    explained = 0
    for number in range(MESSAGES):
        payload = mangle(dice)
        try:
            _, complaints = outcome(payload)
        except Exception as error:
            raise AssertionError(f"seed {seed}, message {number}: {payload[:500]!r}") from error
        explained += bool(complaints)
    # A flipped bit may leave a message that is as good as any.
    assert explained > MESSAGES * 0.8


@pytest.mark.parametrize("value", ODD, ids=lambda value: ascii(value)[:20])
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "msgpack"])
def test_a_bad_value_costs_only_itself(value: Any, *, as_json: bool) -> None:
    message = {"e": "A", "s": 1, "p": [[1_790_000_000_000, {"speed": 1, "heading": value}], [2, {"soc": 2}]]}
    try:
        payload = json.dumps(message).encode() if as_json else msgspec.msgpack.encode(message)
    except (OverflowError, UnicodeEncodeError):
        pytest.skip("MessagePack cannot say this")
    made, complaints = outcome(payload)
    assert made == 2
    assert ("heading" in " ".join(complaints)) == (value != 0)


def test_ten_megabytes_are_refused_without_being_read() -> None:
    assert outcome(b"{" + b" " * 10_000_000) == (0, [f"10000001 bytes are more than the {MAX_BYTES} allowed"])


def test_a_message_of_a_later_version_is_refused_by_its_version() -> None:
    made, (reason,) = outcome(b'{"e":1,"s":1,"v":2,"p":[[1,{"speed":1}]]}')
    assert made == 0
    assert "version 2" in reason
