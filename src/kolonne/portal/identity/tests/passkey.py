"""A passkey in software: makes a real ES256 credential and real answers, as a phone does."""

import json
import secrets
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

ORIGIN = "http://testserver"
PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class Passkey:
    """One key for one person at one site."""

    def __init__(self, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.number = secrets.token_bytes(16)
        self.person = ""
        self.uses = 0

    @property
    def site(self) -> bytes:
        return sha256((urlsplit(self.origin).hostname or "").encode()).digest()

    def register(self, invitation: dict[str, Any]) -> dict[str, Any]:
        """The answer to what the server asks before it knows the key."""
        options = invitation["publicKey"]
        self.person = options["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())
        known = AttestedCredentialData.create(bytes(16), self.number, public)
        flags = PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(self.site, flags, self.uses, known)
        said = CollectedClientData.create("webauthn.create", options["challenge"], self.origin)
        response = {
            "clientDataJSON": websafe_encode(said),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
            "transports": ["internal"],
        }
        return self._answer(response, {"credProps": {"rk": True}})

    def prove(self, question: dict[str, Any]) -> dict[str, Any]:
        """Signs the server's challenge."""
        self.uses += 1
        data = AuthenticatorData.create(self.site, PRESENT_AND_VERIFIED, self.uses)
        challenge = question["publicKey"]["challenge"]
        said = CollectedClientData.create("webauthn.get", challenge, self.origin)
        signature = self.key.sign(bytes(data) + said.hash, ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": websafe_encode(said),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": self.person,
        }
        return self._answer(response, {})

    def _answer(self, response: dict[str, Any], extensions: dict[str, Any]) -> dict[str, Any]:
        number = websafe_encode(self.number)
        return {
            "id": number,
            "rawId": number,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": extensions,
            "response": response,
        }


def question_on(page: bytes) -> dict[str, Any]:
    """What the page tells its script."""
    text = page.decode().split('id="question" type="application/json">', 1)[1].split("</script>", 1)[0]
    return dict(json.loads(text))


def add(client: Client, name: str = "My phone", **extra: Any) -> Passkey:
    """Walks through "Add a passkey" of somebody who is signed in."""
    passkey = Passkey()
    answer = passkey.register(question_on(client.get("/accounts/2fa/webauthn/add/", **extra).content))
    client.post("/accounts/2fa/webauthn/add/", {"name": name, "credential": json.dumps(answer)}, **extra)
    return passkey


def sign_in(client: Client, passkey: Passkey, **extra: Any) -> Any:
    """Presses "Sign in with a passkey"."""
    question = client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"}, **extra).json()
    credential = json.dumps(passkey.prove(question["request_options"]))
    return client.post("/accounts/2fa/webauthn/login/", {"credential": credential}, **extra)
