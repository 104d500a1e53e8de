"""How long a session lasts, however it is used."""

from collections.abc import Callable
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

Handler = Callable[[HttpRequest], HttpResponse]
SINCE = "since"
"""Session key: when it began, in seconds. It stays when the session goes on under a new key."""


def session_limits(get_response: Handler) -> Handler:
    """Ends a session that is too old or was not used for too long (ASVS 7.3.1, 7.3.2)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and _is_over(request):
            logout(request)
            messages.info(request, _("You were signed out because you had not been here for a while. Sign in again."))
        return get_response(request)

    return middleware


def _is_over(request: HttpRequest) -> bool:
    now = timezone.now()
    if SINCE not in request.session:
        request.session[SINCE] = now.timestamp()
    is_old = bool(request.session[SINCE] + settings.SESSION_COOKIE_AGE < now.timestamp())
    idle = now - timedelta(seconds=settings.SESSION_IDLE_S)
    return (
        is_old
        or UserSession.objects.filter(
            session_key=request.session.session_key, user=request.user.pk, last_seen_at__lt=idle
        ).exists()
    )
