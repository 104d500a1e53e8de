"""Kolonne's rules on top of allauth's flows."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no type stubs
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account without a company: people are invited or register a company."""
        return False
