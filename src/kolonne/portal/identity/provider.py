"""Kolonne ID for applications of others: what is said about people to whom (ID-12)."""

import secrets
from collections.abc import Iterable
from typing import Any, Literal

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.internal.private_keys import filter_keys
from allauth.idp.oidc.models import Client, PrivateKey
from django.conf import settings
from django.utils.crypto import salted_hmac

from kolonne.portal.identity import access, keys
from kolonne.portal.identity.actions import signing_keys
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor


class ProviderAdapter(DefaultOIDCAdapter):  # type: ignore[misc]  # allauth has no type stubs
    """What allauth's provider must know of our people, rights and keys."""

    def get_issuer(self) -> str:
        """Never from the request: whoever could choose it would be believed elsewhere."""
        return str(settings.PUBLIC_URL)

    def generate_client_secret(self) -> str:
        """Of letters that need no quoting in a header, where libraries disagree."""
        return secrets.token_urlsafe(32)

    def get_user_sub(self, client: Client, user: User) -> str:
        """The same for ever, another one in every application: two of them cannot compare whom they know."""
        text = f"{client.pk} {user.pk}"
        return salted_hmac("kolonne.portal.identity.subject", text, algorithm="sha256").hexdigest()[:32]

    def get_user_by_sub(self, client: Client, sub: str) -> User | None:
        """Asked for the person at the door only: whether an application means him."""
        user: User = self.request.user
        return user if user.is_authenticated and sub == self.get_user_sub(client, user) else None

    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: User,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """As docs/guides/applications.md promises them."""
        claims: dict[str, Any] = super().get_claims(purpose, user, client, scopes, email=email, **kwargs)
        if "profile" in scopes:
            claims["locale"] = user.language
        if "rights" in scopes:
            claims["kolonne_rights"] = _rights(user, client)
        return claims

    def list_private_keys(
        self, *, did_activate: Literal[True] | None = None, is_active: Literal[True] | None = None
    ) -> list[PrivateKey]:
        found = keys.published()
        if not found:
            signing_keys.ensure_key(actor=Actor.system("first signing key"))
            found = list(keys.read())
        return list(filter_keys(found, did_activate=did_activate, is_active=is_active))


def _rights(user: User, client: Client) -> list[dict[str, Any]]:
    application = access.application_of(client.pk)
    found = access.rights_of(user, application) if application else []
    return [
        {"organisation": one.organisation, "name": one.name, "kind": one.kind, "rights": list(one.rights)}
        for one in found
    ]
