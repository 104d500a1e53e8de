"""What allauth says about second factors goes into the audit."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.dispatch import receiver
from django.http import HttpRequest

from kolonne.portal.identity import actions
from kolonne.portal.identity.models import User
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.address import client_address


@receiver(authenticator_added)
def factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _record(request, user, authenticator, "added")


@receiver(authenticator_removed)
def factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _record(request, user, authenticator, "removed")


@receiver(authenticator_reset)
def codes_renewed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _record(request, user, authenticator, "renewed")


@receiver(authentication_failed)
def code_was_wrong(request: HttpRequest, user: User, **_: Any) -> None:
    """Guesses at codes count like guesses at the password, which whoever makes them knows already."""
    actions.record_wrong_password(actor=himself(user, client_address(request)), user=user)


def _record(request: HttpRequest, user: User, factor: Authenticator, change: str) -> None:
    actions.record_factor(actor=himself(user, client_address(request)), user=user, factor=factor, change=change)
