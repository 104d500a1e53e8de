"""Where forms may lead while somebody signs in to an application of others.

Chromium applies `form-action` to where a form's answer redirects. Whoever comes from an application signs in by our
forms and is then sent back to it; so for that while, in that browser, its origin is allowed, and no other.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

WAITING = "application_waiting"
Handler = Callable[[HttpRequest], HttpResponse]


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def allow(request: HttpRequest, origin: str) -> None:
    if request.session.get(WAITING) != origin:
        request.session[WAITING] = origin


def forget(request: HttpRequest) -> None:
    """The person is on his way back."""
    request.session.pop(WAITING, None)


def let_through(response: HttpResponse, origin: str) -> None:
    """Adds an origin to one answer's `form-action`."""
    response._csp_update = {"form-action": [origin]}  # type: ignore[attr-defined]  # read by django-csp


def middleware(get_response: Handler) -> Handler:
    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if origin := request.session.get(WAITING):
            let_through(response, origin)
        return response

    return handle
