"""NATS's auth callout, without any I/O: a sealed question becomes a sealed answer.

A module proves who it is by a certificate, which NATS has verified against the authority for modules, or, where the
listener is not encrypted, by its secret. Which certificates count today, only the registry knows.

The question is a JWT signed by the server, sealed to our curve key; the answer carries either a user JWT, which is
the module's permission for a day, or an error. The user name becomes part of subjects, so its syntax is checked
before anything else, and the MQTT client id must equal it: otherwise one module could throw another off.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from kolonne.portal.telemetry.registry import metrics
from kolonne.portal.telemetry.registry.index import Entry
from kolonne.wire.nkeys import CurveKey, Key, jwt_decode, jwt_encode
from kolonne.wire.subjects import HELLO, REPLY, TELEMETRY, is_serial, up_subject

log = structlog.get_logger()

ACCOUNT = "KOLONNE"
VALID_S = 24 * 3600
"""A session ends after a day at the latest; the module connects again."""
MAX_PAYLOAD = 16 * 1024 * 1024
"""Far above what ingest reads, so that a message that is too long is explained there instead of cut off here."""
_NOBODY = os.urandom(32)
"""Compared with where there is no secret: nobody can say what it is the hash of."""


@dataclass(frozen=True, slots=True)
class Session:
    """A connection that was let in: enough to end it."""

    serial: str
    server_id: str
    client_id: int


@dataclass(frozen=True, slots=True)
class Answer:
    message: bytes
    session: Session | None
    """Set if somebody was let in."""


class Refused(Exception):
    """The connection is not let in; the text is for our log, the client only learns that it was refused."""


@dataclass(frozen=True)
class Callout:
    issuer: Key
    curve: CurveKey
    find: Callable[[str], Entry | None]

    def answer(self, sealed: bytes, server_curve: str) -> Answer:
        """Raises BadKey when the question is none of NATS's."""
        question = jwt_decode(self.curve.open(sealed, sender=server_curve))
        asked = question["nats"]
        server_id, user = str(asked["server_id"]["id"]), str(asked["user_nkey"])
        try:
            entry, until = self._judge(asked)
        except Refused as refusal:
            metrics.REFUSED.labels(str(refusal)).inc()
            log.info("connection refused", reason=str(refusal))
            return Answer(self._seal(server_id, user, {"error": "refused"}, server_curve), None)
        metrics.ADMITTED.inc()
        token = jwt_encode(self.issuer, user_claims(user, entry.serial, int(time.time()), until))
        session = Session(entry.serial, server_id, int(asked["client_info"]["id"]))
        return Answer(self._seal(server_id, user, {"jwt": token}, server_curve), session)

    def _judge(self, asked: dict[str, Any]) -> tuple[Entry, int]:
        """Who may come in, and until when at the latest."""
        options, client = asked["connect_opts"], asked["client_info"]
        serial, secret = str(options.get("user", "")), str(options.get("pass", ""))
        if client.get("type") != "mqtt":
            raise Refused("not MQTT")
        if not is_serial(serial):
            raise Refused("not a serial")
        if client.get("mqtt_id") != serial:
            raise Refused("client id is not the serial")
        entry, tls, until = self.find(serial), asked.get("client_tls"), int(time.time()) + VALID_S
        if tls:
            entry, until = _proved(entry, serial, tls), min(until, _end_of(entry, tls))
        else:
            _compare(entry, secret)
        if entry is None or not entry.may_connect:
            raise Refused("revoked")
        return entry, until

    def _seal(self, server_id: str, user: str, outcome: dict[str, str], server_curve: str) -> bytes:
        claims = {
            "sub": user,
            "aud": server_id,
            "iat": int(time.time()),
            "nats": {"type": "authorization_response", "version": 2, **outcome},
        }
        return self.curve.seal(jwt_encode(self.issuer, claims).encode(), to=server_curve)


def _compare(entry: Entry | None, secret: str) -> None:
    """The comparison is made in every case: its time must not tell which serials exist."""
    stored = None if entry is None else entry.secret_sha256
    fits = hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), _NOBODY if stored is None else bytes(stored))
    if stored is None or not fits:
        raise Refused("unknown serial or wrong secret")


def _proved(entry: Entry | None, serial: str, tls: dict[str, Any]) -> Entry:
    """The module whose certificate it is, today."""
    leaf = _leaf(tls)
    if [str(name.value) for name in leaf.subject] != [serial]:
        raise Refused("the certificate of another module")
    if entry is None or _end_of(entry, tls) <= time.time():
        raise Refused("certificate unknown, revoked or superseded")
    return entry


def _end_of(entry: Entry | None, tls: dict[str, Any]) -> int:
    return 0 if entry is None else entry.valid_until().get(_leaf(tls).fingerprint(SHA256()).hex(), 0)


def _leaf(tls: dict[str, Any]) -> x509.Certificate:
    """The first of a chain that NATS verified; certificates that it did not verify stand elsewhere."""
    chains = tls.get("verified_chains") or [[]]
    try:
        return x509.load_pem_x509_certificate(str(chains[0][0]).encode())
    except (IndexError, ValueError) as error:
        raise Refused("no certificate") from error


def user_claims(user: str, serial: str, now: int, until: int) -> dict[str, Any]:
    """What a module may do for a day, over MQTT: say the three things of the wire, hear what is for it."""
    return {
        "sub": user,
        "name": serial,
        "aud": ACCOUNT,
        "iat": now,
        "exp": until,
        "nats": {
            "pub": {"allow": [up_subject(serial, kind) for kind in (TELEMETRY, HELLO, REPLY)]},
            # An MQTT filter that ends in `#` also means the level above it.
            "sub": {"allow": [f"m.{serial}.down", f"m.{serial}.down.>"]},
            "subs": 16,
            "data": -1,
            "payload": MAX_PAYLOAD,
            "allowed_connection_types": ["MQTT"],
            "type": "user",
            "version": 2,
        },
    }
