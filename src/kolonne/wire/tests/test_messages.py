"""Messages: golden examples, round trips, and what is refused."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.wire import VERSION, cose
from kolonne.wire.messages import (
    MAX_BYTES,
    MAX_POINTS,
    Ack,
    Command,
    Hello,
    Profile,
    Reply,
    Telemetry,
    WireError,
    decode_telemetry,
    encode_json,
    encode_msgpack,
    is_json,
)
from kolonne.wire.tests import examples

VALUES = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.text(max_size=64)
    | st.lists(st.text(max_size=9), max_size=4)
)
TELEMETRY = st.builds(
    Telemetry,
    epoch=st.integers(0, 2**31) | st.from_regex(r"[0-9a-zA-Z]{1,32}", fullmatch=True),
    sequence=st.integers(0, 2**62 - 1),
    points=st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1), st.dictionaries(st.text(max_size=30), VALUES, max_size=5)),
        min_size=1,
        max_size=20,
    ),
)


@pytest.mark.parametrize("name", sorted(examples.examples()))
def test_a_golden_example_is_written_byte_for_byte(name: str) -> None:
    assert examples.examples()[name] == (examples.FOLDER / name).read_bytes()


def test_every_golden_file_is_checked() -> None:
    assert {file.name for file in examples.FOLDER.iterdir()} == set(examples.examples())


@pytest.mark.parametrize(
    ("name", "expected"),
    [("telemetry", examples.TELEMETRY), ("telemetry-after-a-hole", examples.AFTER_A_HOLE)],
)
@pytest.mark.parametrize("suffix", ["json", "msgpack"])
def test_golden_telemetry_is_read(name: str, expected: Telemetry, suffix: str) -> None:
    assert decode_telemetry((examples.FOLDER / f"{name}.{suffix}").read_bytes()) == expected


def test_golden_answers_are_read() -> None:
    def read(name: str, kind: type[Any]) -> Any:
        return msgspec.json.decode((examples.FOLDER / name).read_bytes(), type=kind)

    assert read("ack.json", Ack) == examples.ACK
    assert read("profile.json", Profile) == examples.PROFILE
    assert read("profile-silence.json", Profile) == examples.SILENCE


@pytest.mark.parametrize(
    ("name", "purpose", "kind", "expected"),
    [
        ("hello.cose", "hello", Hello, examples.HELLO),
        ("command.cose", "command", Command, examples.COMMAND),
        ("reply.cose", "reply", Reply, examples.REPLY),
        ("reply-refused.cose", "reply", Reply, examples.REFUSAL),
    ],
)
def test_golden_signed_messages_are_read(name: str, purpose: cose.Purpose, kind: type[Any], expected: object) -> None:
    key = examples.SIGNER if purpose == "command" else examples.MODULE
    message = (examples.FOLDER / name).read_bytes()
    content = cose.verify(message, public_key=key.public_key().public_bytes_raw(), purpose=purpose)
    assert msgspec.convert(content, kind) == expected


@given(TELEMETRY, st.booleans())
def test_telemetry_survives_the_way(message: Telemetry, as_json: bool) -> None:
    payload = encode_json(message) if as_json else encode_msgpack(message)
    assert is_json(payload) == as_json
    if not as_json or all(abs(t) < 2**53 for t, _ in message.points):
        assert decode_telemetry(payload) == message


@given(st.builds(Profile, st.integers(0, 2**53), st.dictionaries(st.text(max_size=20), st.floats(0, 1e6), max_size=9)))
def test_profiles_survive_the_way(profile: Profile) -> None:
    assert msgspec.json.decode(encode_json(profile), type=Profile) == profile


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_no_bytes_crash_the_reader(payload: bytes) -> None:
    """NF-04"""
    with suppress(WireError):
        decode_telemetry(payload)


def spoilt(**changes: Any) -> bytes:
    content = {"e": "a1", "s": 1, "p": [[0, {"soc": 1}]]} | changes
    return encode_json({key: value for key, value in content.items() if value is not None})


@pytest.mark.parametrize(
    "payload",
    [
        spoilt(e=None),
        spoilt(e=""),
        spoilt(e="x" * 33),
        spoilt(e="a b"),
        spoilt(e=[1]),
        spoilt(s=None),
        spoilt(s=-1),
        spoilt(s=1 << 62),
        spoilt(s="1"),
        spoilt(p=None),
        spoilt(p=[]),
        spoilt(p=[[0]]),
        spoilt(p=[[0.5, {}]]),
        spoilt(p=[[0, {"soc": None}]]),
        spoilt(p=[[0, {"soc": {"deep": 1}}]]),
        spoilt(p=[[0, {}]] * (MAX_POINTS + 1)),
        spoilt(d=2),
        spoilt(d=-1),
        spoilt(v=VERSION + 1),
        b'{"e":"a1","s":1,"p":[[0,{"soc":NaN}]]}',
        b'{"e":"a1","s":1,"p":[[0,{"soc":1}]]',
        b"[" * 10_000,
        b"\x91" * 10_000,
        b" " * (MAX_BYTES + 1),
        b"\xc1",
        b"",
    ],
)
def test_broken_telemetry_is_refused_with_a_reason(payload: bytes) -> None:
    """NF-04"""
    with pytest.raises(WireError, match=r".{5}"):
        decode_telemetry(payload)
