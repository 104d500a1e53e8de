"""NATS's question answered without NATS: who gets in, what he may, and that nobody else can read or forge it."""

import hashlib
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from kolonne.portal.telemetry.registry.callout import VALID_S, Callout
from kolonne.portal.telemetry.registry.index import Entry
from kolonne.wire.nkeys import BadKey, CurveKey, Key, jwt_decode, jwt_encode

SERIAL, SECRET = "MODULE000001", "s" * 64
ISSUER, CURVE, SERVER, SERVER_CURVE = Key.generate("account"), CurveKey.generate(), Key.generate("server"), CurveKey.generate()  # fmt: skip  # noqa: E501
USER = Key.generate("user").public


def entry(*, active: bool = True) -> Entry:
    return Entry(SERIAL, 1, 1, 1, active, hashlib.sha256(SECRET.encode()).digest(), None, 1, "{}")


def callout(known: Entry | None = None) -> Callout:
    entries = {SERIAL: known or entry()}
    return Callout(issuer=ISSUER, curve=CURVE, find=entries.get)


def question(**changes: Any) -> bytes:
    asked: dict[str, Any] = {
        "user": SERIAL,
        "secret": SECRET,
        "client": SERIAL,
        "type": "mqtt",
        "signer": SERVER,
    } | changes
    claims = {
        "nats": {
            "server_id": {"id": "SERVERID"},
            "user_nkey": USER,
            "client_info": {"id": 42, "type": asked["type"], "mqtt_id": asked["client"]},
            "connect_opts": {"user": asked["user"], "pass": asked["secret"]},
            **({"client_tls": asked["tls"]} if "tls" in asked else {}),
        }
    }
    return SERVER_CURVE.seal(jwt_encode(asked["signer"], claims).encode(), to=CURVE.public)


def answer(sealed: bytes, known: Entry | None = None) -> dict[str, Any]:
    """The claims of the answer, opened as the server opens them."""
    given = callout(known).answer(sealed, SERVER_CURVE.public)
    claims = jwt_decode(SERVER_CURVE.open(given.message, sender=CURVE.public), kind="account")
    assert claims["iss"] == ISSUER.public
    assert (claims["sub"], claims["aud"]) == (USER, "SERVERID")
    assert (given.session is None) == ("error" in claims["nats"])
    return claims


def test_a_module_gets_its_own_subjects_over_mqtt_for_a_day() -> None:
    user = jwt_decode(answer(question())["nats"]["jwt"], kind="account")
    assert user["aud"] == "KOLONNE"
    assert user["exp"] - user["iat"] == VALID_S
    rights = user["nats"]
    assert rights["pub"] == {"allow": [f"m.{SERIAL}.up.{kind}" for kind in ("telemetry", "hello", "reply")]}
    assert rights["sub"] == {"allow": [f"m.{SERIAL}.down", f"m.{SERIAL}.down.>"]}
    assert rights["allowed_connection_types"] == ["MQTT"]


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "wrong"},
        {"secret": ""},
        {"client": "MODULE000002"},
        {"client": ""},
        {"user": "MODULE000002", "client": "MODULE000002"},
        {"user": "*", "client": "*"},
        {"user": ">", "client": ">"},
        {"user": "MODULE.00001", "client": "MODULE.00001"},
        {"user": "", "client": ""},
        {"type": "nats"},
        {"type": "websocket"},
    ],
    ids=str,
)
def test_anybody_else_is_refused_and_not_told_why(changes: dict[str, str]) -> None:
    """CD-04, NF-03."""
    assert answer(question(**changes))["nats"]["error"] == "refused"


def test_a_revoked_module_is_refused() -> None:
    assert answer(question(), entry(active=False))["nats"]["error"] == "refused"


def test_a_question_that_is_not_sealed_to_us_is_no_question() -> None:
    sealed = question()
    for forged in (sealed[:-1], sealed[:30] + bytes([sealed[30] ^ 1]) + sealed[31:], b"", b"xkv1", b"plain"):
        with pytest.raises(BadKey):
            callout().answer(forged, SERVER_CURVE.public)
    with pytest.raises(BadKey):
        callout().answer(sealed, CurveKey.generate().public)


def test_a_question_that_no_server_signed_is_no_question() -> None:
    with pytest.raises(BadKey):
        callout().answer(question(signer=Key.generate("user")), SERVER_CURVE.public)


def certificate(serial: str = SERIAL) -> x509.Certificate:
    key, name = Ed25519PrivateKey.generate(), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, serial)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return made.sign(key, None)


def with_certificate(serial: str = SERIAL, *, ends_in_s: int = 3600, of: str = SERIAL) -> tuple[bytes, Entry]:
    """A question over TLS, and the module as the database knows it: with this certificate, and no secret."""
    made = certificate(of)
    chain = [[made.public_bytes(Encoding.PEM).decode()]]
    known = replace(
        entry(), secret_sha256=None, certificates=[f"{made.fingerprint(SHA256()).hex()} {int(time.time()) + ends_in_s}"]
    )
    return question(user=serial, client=serial, secret="", tls={"verified_chains": chain}), known


def test_a_module_with_its_certificate_needs_no_secret_and_stays_no_longer_than_that_counts() -> None:
    """CD-04"""
    asked, known = with_certificate(ends_in_s=600)
    user = jwt_decode(answer(asked, known)["nats"]["jwt"], kind="account")
    assert user["exp"] - user["iat"] <= 600


def test_certificates_of_others_revoked_ones_and_superseded_ones_open_nothing() -> None:
    """CD-04, NF-03"""
    asked, known = with_certificate()
    for question_, entry_ in (
        with_certificate(of="MODULE000002"),
        with_certificate(ends_in_s=-1),
        (asked, replace(known, certificates=[])),
        (asked, replace(known, active=False)),
        (question(tls={"certs": ["x"]}), known),
        (question(tls={"verified_chains": [["x"]]}), known),
        (question(secret="nobody"), known),
        (question(secret=""), known),
    ):
        assert answer(question_, entry_)["nats"]["error"] == "refused"


def test_a_module_that_is_to_be_wiped_is_let_in_and_told_to_be_silent() -> None:
    """VH-04"""
    asked, known = with_certificate()
    retiring = replace(known, active=False, retiring=True, signals='{"speed": 1}')
    assert "jwt" in answer(asked, retiring)["nats"]
    assert b"speed" not in retiring.profile()
