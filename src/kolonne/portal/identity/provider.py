"""Kolonne ID for applications of others: OpenID Connect (ID-12)."""

from allauth.idp.oidc.adapter import DefaultOIDCAdapter


class ProviderAdapter(DefaultOIDCAdapter):  # type: ignore[misc]  # allauth has no type stubs
    """What allauth's provider must know of our rights."""
