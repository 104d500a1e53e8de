"""Whoever signs out stops working in others' names."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from kolonne.portal.identity.models import User
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.address import client_address
from kolonne.portal.support.acting import SESSION
from kolonne.portal.support.actions.sessions import end_all_by
from kolonne.portal.support.models import Ended


@receiver(user_logged_out)
def stop_acting(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Before the session is gone; the job that runs each minute sees all other ways in which one ends."""
    key = request.session.session_key
    if user is not None and key and SESSION in request.session:
        end_all_by(himself(user, client_address(request)), user, Ended.SIGNED_OUT, session_key=key)
