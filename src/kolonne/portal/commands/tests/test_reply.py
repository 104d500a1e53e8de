"""CD-04: what an answer must prove before it counts."""

from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kolonne.portal.commands.lifecycle import State
from kolonne.portal.commands.signer import reply
from kolonne.wire import cose

SERIAL = "TEST000000001"
KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()


def said(**changes: Any) -> bytes:
    body = {"serial": SERIAL, "id": str(uuid4()), "counter": 7, "outcome": "done", "reason": "", "state": {}}
    return cose.sign({**body, **changes}, key=KEY, purpose="reply")


def read(message: bytes) -> reply.Answer | None:
    return reply.read(message, serial=SERIAL, public_key=PUBLIC)


def test_a_signed_answer_counts() -> None:
    answer = read(said(state={"locked": True}))
    assert answer
    assert (answer.state, answer.counter, answer.signals) == (State.DONE, 7, {"locked": True})


def test_a_refusal_is_a_failure_with_the_vans_reason() -> None:
    answer = read(said(outcome="refused", reason="moving"))
    assert answer
    assert (answer.state, answer.reason) == (State.FAILED, "moving")


@pytest.mark.parametrize("reason", ["replayed", "wrong_epoch"])
def test_the_refusal_of_a_copy_says_nothing(reason: str) -> None:
    assert read(said(outcome="refused", reason=reason)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"serial": "TEST000000002"},
        {"id": "not a uuid"},
        {"outcome": "opened"},
        {"outcome": "failed", "reason": "<b>because</b>"},
        {"counter": "7"},
        {"counter": 0},
        {"counter": 2**63},
        {"state": [1, 2]},
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(reply.BadReply):
        read(said(**changes))


def test_only_readings_of_the_catalogue_are_kept() -> None:
    answer = read(said(state={"locked": True, "hobby": "chess", "soc": 140.0, "country": "D\x00"}))
    assert answer
    assert answer.signals == {"locked": True}


def test_another_modules_signature_is_refused() -> None:
    message = cose.sign({"serial": SERIAL}, key=Ed25519PrivateKey.generate(), purpose="reply")
    with pytest.raises(reply.BadReply):
        read(message)


def test_a_hello_is_no_reply() -> None:
    body = {"serial": SERIAL, "id": str(uuid4()), "counter": 7, "outcome": "done", "reason": "", "state": {}}
    with pytest.raises(reply.BadReply):
        read(cose.sign(body, key=KEY, purpose="hello"))


@given(st.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(reply.BadReply):
        read(noise)


def test_a_long_message_is_refused_unread() -> None:
    with pytest.raises(reply.BadReply):
        read(b"\xd2" + bytes(reply.MAX_BYTES))
