"""Keys and tokens of NATS; a real nats-server judges them in supervisor/tests and registry/tests."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.wire.nkeys import BadKey, CurveKey, Key, jwt_decode, jwt_encode, public_bytes

kinds = st.sampled_from(["account", "user", "server"])
LETTER = {"account": "A", "user": "U", "server": "N"}


@given(kind=kinds)
def test_a_seed_gives_the_same_key_back(kind):
    key = Key.generate(kind)
    again = Key.from_seed(key.seed)
    assert (again.kind, again.seed, again.public) == (kind, key.seed, key.public)
    assert key.seed.startswith("S" + LETTER[kind])
    assert key.public.startswith(LETTER[kind])


def test_a_seed_and_its_public_key_as_the_documentation_of_nats_shows_them():
    key = Key.from_seed("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY")
    assert key.public == "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"


@given(message=st.binary(max_size=2000))
def test_what_one_curve_key_seals_only_the_other_opens(message):
    alice, bob, eve = CurveKey.generate(), CurveKey.generate(), CurveKey.generate()
    sealed = alice.seal(message, to=bob.public)
    assert CurveKey.from_seed(bob.seed).open(sealed, sender=alice.public) == message
    with pytest.raises(BadKey):
        eve.open(sealed, sender=alice.public)
    with pytest.raises(BadKey):
        bob.open(sealed, sender=eve.public)


@given(claims=st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers(), max_size=4), kind=kinds)
def test_a_token_carries_its_claims(claims, kind):
    key = Key.generate(kind)
    decoded = jwt_decode(jwt_encode(key, claims), kind=kind)
    assert {**claims, "iss": key.public, "jti": decoded["jti"]} == decoded


@given(position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_a_token_that_was_altered_is_refused(position, flip):
    token = bytearray(jwt_encode(_SERVER, {"sub": "U", "name": "KOL00001"}).encode())
    token[position % len(token)] ^= flip
    try:
        claims = jwt_decode(bytes(token))
    except BadKey:
        return
    # The last base64 letter of a part has spare bits: another letter, the same bytes, still the same claims.
    assert claims == jwt_decode(jwt_encode(_SERVER, {"sub": "U", "name": "KOL00001"}))


@given(text=st.text() | st.binary())
def test_no_text_crashes_the_readers(text):
    with pytest.raises(BadKey):
        jwt_decode(text)
    if isinstance(text, str):
        for read in (Key.from_seed, CurveKey.from_seed, lambda key: public_bytes(key, kind="server")):
            with pytest.raises(BadKey):
                read(text)


def test_a_key_of_another_kind_is_refused():
    curve, user = CurveKey.generate(), Key.generate("user")
    with pytest.raises(BadKey):
        Key.from_seed(curve.seed)
    with pytest.raises(BadKey):
        CurveKey.from_seed(user.seed)
    with pytest.raises(BadKey):
        jwt_decode(jwt_encode(user, {}), kind="server")
    with pytest.raises(BadKey):
        public_bytes(curve.public, kind="account")


def test_a_token_is_compact_json():
    header = jwt_encode(_SERVER, {}).split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"typ": "JWT", "alg": "ed25519-nkey"}


_SERVER = Key.generate("server")
