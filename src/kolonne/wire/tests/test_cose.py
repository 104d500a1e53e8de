"""Signed messages: only the exact bytes that a key signed for a purpose count (CD-04)."""

from random import Random
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kolonne.wire import cose

KEY, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
PUBLIC = KEY.public_key().public_bytes_raw()
ORDER_OF_THE_CURVE = 2**252 + 27742317777372353535851937790883648493

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
PAYLOADS = st.dictionaries(st.text(max_size=20), VALUES, max_size=6)


def verified(message: bytes, purpose: cose.Purpose = "command") -> dict[str, Any]:
    return cose.verify(message, public_key=PUBLIC, purpose=purpose)


def parts() -> list[Any]:
    return list(cbor2.loads(cose.sign({"id": "x", "n": 1}, key=KEY, purpose="command")).value)


@given(PAYLOADS)
def test_what_was_signed_is_read(payload: dict[str, Any]) -> None:
    message = cose.sign(payload, key=KEY, purpose="command")
    if len(message) <= cose.MAX_BYTES:
        assert verified(message) == payload
        assert cose.unverified(message) == payload


@given(PAYLOADS, st.randoms(use_true_random=False))
def test_any_change_is_refused(payload: dict[str, Any], random: Random) -> None:
    message = bytearray(cose.sign(payload, key=KEY, purpose="command"))
    for _ in range(20):
        changed = bytearray(message)
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
        with pytest.raises(cose.BadSignature):
            verified(bytes(changed))
        with pytest.raises(cose.BadSignature):
            verified(bytes(message[: random.randrange(len(message))]))


def test_the_key_and_the_purpose_count() -> None:
    for message in (
        cose.sign({}, key=STRANGER, purpose="command"),
        cose.sign({}, key=KEY, purpose="reply"),
        cose.sign({}, key=KEY, purpose="hello"),
    ):
        with pytest.raises(cose.BadSignature):
            verified(message)


def test_only_our_encoding_counts() -> None:
    """Otherwise many different byte strings would be the same signed message."""
    protected, _, body, signature = parts()
    good = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, body, signature]))
    assert verified(good)
    indefinite = b"\xd2\x9f" + good[2:] + b"\xff"
    longer_length = good.replace(b"\x58\x40" + signature, b"\x59\x00\x40" + signature)
    others = [
        cbor2.dumps([protected, {}, body, signature]),
        cbor2.dumps(cbor2.CBORTag(18, [protected, {4: b"x"}, body, signature])),
        cbor2.dumps(cbor2.CBORTag(18, [protected, None, body, signature])),
        cbor2.dumps(cbor2.CBORTag(98, [protected, {}, body, signature])),
        cbor2.dumps(cbor2.CBORTag(18, [protected, {}, body, signature, b""])),
        cbor2.dumps(cbor2.CBORTag(55799, cbor2.CBORTag(18, [protected, {}, body, signature]))),
        good + b"\0",
        b"\xd8\x12" + good[1:],
        indefinite,
        longer_length,
    ]
    for other in others:
        with pytest.raises(cose.BadSignature):
            verified(other)


def test_a_signature_has_one_form() -> None:
    """RFC 8032 section 5.1.7: the second half of a signature is below the order of the curve."""
    protected, _, body, signature = parts()
    scalar = int.from_bytes(signature[32:], "little") + ORDER_OF_THE_CURVE
    other = signature[:32] + scalar.to_bytes(32, "little")
    with pytest.raises(cose.BadSignature):
        verified(cbor2.dumps(cbor2.CBORTag(18, [protected, {}, body, other])))


def test_another_algorithm_does_not_count() -> None:
    body = cbor2.dumps({})
    for algorithm in (-7, 0, None, "EdDSA"):
        protected = cbor2.dumps({1: algorithm})
        signature = KEY.sign(cbor2.dumps(["Signature1", protected, b"kolonne:command:1", body]))
        with pytest.raises(cose.BadSignature):
            verified(cbor2.dumps(cbor2.CBORTag(18, [protected, {}, body, signature])))


_ATOMS = (
    "f6 f7 f5 e0 f820 f97e00 40 60 80 a0 00 20 9f bf 5f ff 1bffffffffffffffff 3bffffffffffffffff "
    "c0743230 c060 c1fb7ff0000000000000 d8641910 d81d00 d81c81d81d00 d823632862 d82460 d82541 "
    "d9010444c0a80001 d9010281 c4820102 c5821a7fffffff02 d81e820100 d9d9f7 d90100 d81900 "
    "5b7fffffffffffffff 9b7fffffffffffffff bb7fffffffffffffff d2 84 8440a040 4461626364"
)
ATOMS = [bytes.fromhex(text) for text in _ATOMS.split()]


@given(st.lists(st.sampled_from(ATOMS), max_size=8), st.booleans())
def test_no_cbor_crashes_the_reader(atoms: list[bytes], framed: bool) -> None:
    """Tags, indefinite lengths, huge lengths, cycles: all of it is a bad signature and nothing else."""
    message = (b"\xd2\x84" if framed else b"") + b"".join(atoms)
    for read in (verified, cose.unverified):
        try:
            read(message)
        except cose.BadSignature:
            continue


@pytest.mark.parametrize("message", [b"\x81" * 8000, b"\xd2" * 8000, b"\xa1" * 8000, bytes(9000), b""])
def test_deep_and_long_messages_are_refused(message: bytes) -> None:
    with pytest.raises(cose.BadSignature):
        verified(message)
