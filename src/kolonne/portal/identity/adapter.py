"""Kolonne's rules on top of allauth's flows."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from kolonne.portal.identity import second_factor
from kolonne.portal.lib import sealing


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no type stubs
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account without a company: people are invited or register a company."""
        return False

    def get_login_stages(self) -> list[str]:
        """The second factor comes before anything that a helper's password could be used for."""
        return ["allauth.mfa.stages.AuthenticateStage", "allauth.account.stages.EmailVerificationStage"]


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no type stubs
    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whoever needs a second factor keeps one."""
        others = Authenticator.objects.filter(user=authenticator.user, type__in=second_factor.FACTORS)
        is_last = not others.exclude(pk=authenticator.pk).exists()
        return not (is_last and second_factor.is_required_of(authenticator.user))
