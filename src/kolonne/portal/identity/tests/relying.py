"""An application of others, as its developers would write it, with Authlib; without a network between it and us."""

import warnings
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.common.security import generate_token
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import KeySet

from kolonne.portal.identity import keys
from kolonne.portal.identity.actions import applications
from kolonne.portal.identity.models import Application, SigningKey
from kolonne.portal.lib import sealing
from kolonne.portal.lib.actor import Actor

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # authlib recommends a successor of httpx, which the rest of us does not use
    from authlib.integrations.httpx_client import OAuth2Client

HOME = "https://routes.example"
BACK = f"{HOME}/signed-in"
SCOPE = "openid profile email rights"


class Shortcut(httpx.BaseTransport):
    """Straight into Django, in the test's own transaction."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        plain = {name: value for name, value in request.headers.items() if name not in {"content-type", "host"}}
        answer = Browser(headers=plain).generic(
            request.method,
            request.url.raw_path.decode(),
            request.read(),
            content_type=request.headers.get("content-type", ""),
        )
        return httpx.Response(answer.status_code, headers=dict(answer.items()), content=answer.content)


@dataclass
class RelyingParty:
    """One application, with what it knows of us: the address of our discovery document."""

    application: Application
    client_id: str
    secret: str
    back: str = BACK
    verifier: str = field(default_factory=lambda: generate_token(48))

    def __post_init__(self) -> None:
        transport = Shortcut()
        self.web = httpx.Client(transport=transport, base_url=settings.PUBLIC_URL)
        self.known: dict[str, Any] = self.web.get("/.well-known/openid-configuration").json()
        self.oauth = OAuth2Client(
            self.client_id,
            self.secret or None,
            scope=SCOPE,
            redirect_uri=self.back,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self.secret else "none",  # a name
            transport=transport,
        )

    def start(self, **more: Any) -> str:
        """The address to which the application sends the person, without our host. None leaves a parameter out."""
        parameters = {"nonce": "n-0815", "code_verifier": self.verifier, **more}
        given = {name: value for name, value in parameters.items() if value is not None}
        url, self.state = self.oauth.create_authorization_url(self.known["authorization_endpoint"], **given)
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}"

    def answer(self, response: Any) -> dict[str, str]:
        """What came back with the person. Fails when he was not sent back."""
        assert response.status_code == 303, response.content.decode()
        address = response["Location"]
        assert address.startswith(self.back), address
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    def code(self, browser: Browser, **more: Any) -> str:
        """Signs a person in who need not be asked, and returns the code."""
        found = self.answer(browser.get(self.start(**more)))
        assert found["state"] == self.state
        assert found["iss"] == self.known["issuer"]
        return found["code"]

    def exchange(self, code: str, **more: Any) -> dict[str, Any]:
        """Raises authlib's OAuthError when it is refused."""
        parameters = {"code_verifier": self.verifier, **more}
        return dict(self.oauth.fetch_token(self.known["token_endpoint"], code=code, **parameters))

    def refresh(self, token: str) -> dict[str, Any]:
        return dict(self.oauth.refresh_token(self.known["token_endpoint"], refresh_token=token))

    def user_info(self, token: str) -> httpx.Response:
        return self.web.get(self.known["userinfo_endpoint"], headers={"Authorization": f"Bearer {token}"})

    def key_set(self) -> KeySet:
        return KeySet.import_key_set(self.web.get(self.known["jwks_uri"]).json())

    def claims(self, id_token: str, key_set: KeySet | None = None) -> dict[str, Any]:
        """Validated as the specification tells applications to. Raises joserfc's errors."""
        token = jwt.decode(id_token, key_set or self.key_set(), algorithms=["RS256"])
        expected = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.known["issuer"]},
            aud={"essential": True, "value": self.client_id},
            exp={"essential": True},
            nonce={"value": "n-0815"},
        )
        expected.validate(token.claims)
        return dict(token.claims)


@cache
def signing_key() -> str:
    """Sealed; making one takes longer than most tests."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return sealing.seal(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def relying_party(code: str = "routes", *, public: bool = False, key: bool = True, **more: Any) -> RelyingParty:
    """Made known to us as the operator does. Without `key`, we have none for signing yet."""
    keys.forget()  # those of an earlier test were rolled back
    if key and not SigningKey.objects.exists():
        SigningKey.objects.create(pem=signing_key(), signs_from=timezone.now())
    data = applications.ApplicationData(
        **{"name": "Route planner", "redirect_uris": (BACK,), "needs_consent": False, **more}
    )
    made = applications.create_application(actor=Actor.system("test"), code=code, data=data, public=public)
    return RelyingParty(*made, back=data.redirect_uris[0])
