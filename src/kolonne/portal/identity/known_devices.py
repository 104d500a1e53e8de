"""Which people signed in from this browser before: a signed cookie, so that the server need not keep a list."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kolonne.portal.identity.models import User

_SALT = "kolonne.identity.known-devices"
_AGE_S = 400 * 24 * 3600  # browsers keep none longer
_MOST = 30
"""People that one browser remembers; a shared computer forgets who was there longest ago."""


def _name() -> str:
    return f"{settings.SESSION_COOKIE_NAME}-device"


def _people(request: HttpRequest) -> list[str]:
    value = request.get_signed_cookie(_name(), default="", salt=_SALT, max_age=_AGE_S) or ""
    return [number for number in value.split(".") if number]


def is_known(request: HttpRequest, user: User) -> bool:
    return str(user.pk) in _people(request)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    others = [number for number in _people(request) if number != str(user.pk)]
    response.set_signed_cookie(
        _name(),
        ".".join([str(user.pk), *others][:_MOST]),
        salt=_SALT,
        max_age=_AGE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.IS_HTTPS,
    )
