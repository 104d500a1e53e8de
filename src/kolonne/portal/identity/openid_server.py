"""OpenID Connect as we offer it: authorisation code with PKCE (S256), refresh tokens, nothing else (ID-12).

oauthlib speaks the protocol, allauth's validator knows clients; what differs from their defaults stands here.
"""

import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.core import context
from allauth.core.internal import httpkit
from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from allauth.idp.oidc.internal.tokens import decode_jwt_token
from allauth.idp.oidc.models import Client, Token
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.endpoints import AuthorizationEndpoint, RevocationEndpoint, TokenEndpoint
from oauthlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    OAuth2Error,
    UnsupportedCodeChallengeMethodError,
)
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.openid.connect.core.endpoints import UserInfoEndpoint
from oauthlib.openid.connect.core.grant_types import AuthorizationCodeGrant, RefreshTokenGrant

from kolonne.portal.identity import access
from kolonne.portal.identity.actions import tokens

LOOPBACK = re.compile(r"(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""Base64url of a SHA-256 (RFC 7636, 4.2)."""


class RequestNotSupportedError(OAuth2Error):  # type: ignore[misc]  # oauthlib has no types
    error = "request_not_supported"
    description = "Parameters are taken from the query only."


def is_registered(address: str, registered: list[str]) -> bool:
    """Character by character, except for the port of a program on the person's own computer (RFC 8252, 7.3)."""
    return address in registered or any(_without_port(address) == _without_port(known) for known in registered)


def _without_port(address: str) -> str | object:
    """A loopback address without its port; of anything else, something that equals nothing."""
    parts = urlsplit(address)
    host = LOOPBACK.fullmatch(parts.netloc)
    if parts.scheme != "http" or host is None:
        return object()
    return parts._replace(netloc=host[1]).geturl()


class Validator(OAuthLibRequestValidator):  # type: ignore[misc]  # allauth has no types
    """Lives for one request."""

    def __init__(self) -> None:
        super().__init__()
        self.basis: Token | None = None
        """The code or refresh token for which new tokens are asked."""

    def _lookup_client(self, request: Request, client_id: str | None) -> Client | None:
        """The database takes no NUL, so nobody has one in his name."""
        return None if "\0" in (client_id or "") else super()._lookup_client(request, client_id)

    # The request for a code.

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return is_registered(redirect_uri, request.client.get_redirect_uris())

    def validate_response_type(
        self, client_id: str, response_type: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        if {"request", "request_uri"} & {name for name, _ in request.uri_query_params}:
            raise RequestNotSupportedError(request=request)
        if request.response_mode not in {None, "query"}:
            raise InvalidRequestError("response_mode is query only", request=request)
        return response_type == "code"

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        if request.code_challenge is not None:
            if request.code_challenge_method != "S256":
                raise UnsupportedCodeChallengeMethodError(request=request)
            if not CHALLENGE.fullmatch(request.code_challenge):
                raise InvalidRequestError("code_challenge is no SHA-256", request=request)
        return True

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return "openid" in scopes and set(scopes) <= set(request.client.get_scopes())

    def validate_silent_authorization(self, request: Request) -> bool:
        client = request.client
        return client.skip_consent or tokens.has_consented(user=request.user, client=client, scopes=request.scopes)

    def validate_user_match(self, id_token_hint: str | None, scopes: list[str], claims: Any, request: Request) -> bool:
        """Whether the one whom the application expects is the one who is signed in."""
        user = context.request.user
        if not id_token_hint or not user.is_authenticated:
            return True
        hint = decode_jwt_token(id_token_hint, client_id=request.client.id, verify_exp=False, verify_iss=True)
        return hint is not None and hint.get("sub") == get_adapter().get_user_sub(request.client, user)

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        promise = {
            "redirect_uri": request.redirect_uri,
            "challenge": request.code_challenge,
            "nonce": request.nonce,
            "auth_time": request.auth_time,
            "amr": request.amr,
        }
        tokens.issue_code(
            client=request.client, user=request.user, code=code["code"], scopes=request.scopes, promise=promise
        )

    # The exchange of a code or refresh token.

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        shown, _ = httpkit.extract_basic_auth(request.headers)
        if shown and request.client_id and shown != request.client_id:
            return False
        return bool(super().authenticate_client(request, *args, **kwargs))

    def validate_code(
        self, client_id: str, code: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return self._takes(tokens.CODE, code, request)

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return self._takes(tokens.REFRESH, refresh_token, request)

    def _takes(self, kind: str, value: str, request: Request) -> bool:
        self.basis = tokens.take(kind=kind, value=value, client=request.client)
        if self.basis is None:
            return False
        request.user, request.scopes = self.basis.user, self.basis.get_scopes()
        return True

    @property
    def _promise(self) -> dict[str, Any]:
        return self.basis.data if self.basis else {}

    def get_original_scopes(self, refresh_token: str, request: Request, *args: Any, **kwargs: Any) -> list[str]:
        return self.basis.get_scopes() if self.basis else []

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return redirect_uri == self._promise.get("redirect_uri")

    def get_code_challenge(self, code: str, request: Request) -> str | None:
        return self._promise.get("challenge")

    def get_code_challenge_method(self, code: str, request: Request) -> str | None:
        return "S256"

    def get_authorization_code_nonce(
        self, client_id: str, code: str, redirect_uri: str, request: Request
    ) -> str | None:
        return self._promise.get("nonce")

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        if self.basis is None:
            raise InvalidRequestError(request=request)
        tokens.issue_tokens(
            basis=self.basis,
            access_token=token["access_token"],
            refresh_token=token["refresh_token"],
            scopes=request.scopes,
        )

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Done with the tokens, in one step."""

    def finalize_id_token(
        self, id_token: dict[str, Any], token: dict[str, Any], token_handler: Any, request: Request
    ) -> str:
        """Says when and how the person signed in here; a refresh does not make that any newer."""
        id_token |= {name: self._promise[name] for name in ("auth_time", "amr") if self._promise.get(name)}
        return str(super().finalize_id_token(id_token, token, token_handler, request))

    # The use and the return of tokens.

    def validate_bearer_token(self, token: str | None, scopes: list[str], request: Request) -> bool:
        is_good = bool(super().validate_bearer_token(token, scopes, request))
        return is_good and access.may_use(request.user, request.client.pk)

    def revoke_token(
        self, token: str, token_type_hint: str | None, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        tokens.revoke(client=request.client, value=token)


def _opaque(request: Request) -> str:
    return secrets.token_urlsafe(48)


class Server(AuthorizationEndpoint, TokenEndpoint, RevocationEndpoint, UserInfoEndpoint):  # type: ignore[misc]  # oauthlib has no types
    """Authorisation code and refresh token; everything else that oauthlib can is not there."""

    def __init__(self) -> None:
        validator = Validator()
        bearer = BearerToken(validator, _opaque, tokens.ACCESS_LIFE // timedelta(seconds=1), _opaque)
        code = AuthorizationCodeGrant(validator)
        refresh = RefreshTokenGrant(validator)
        AuthorizationEndpoint.__init__(self, "code", bearer, {"code": code})
        TokenEndpoint.__init__(
            self, "authorization_code", bearer, {"authorization_code": code, "refresh_token": refresh}
        )
        RevocationEndpoint.__init__(self, validator)
        UserInfoEndpoint.__init__(self, validator)
