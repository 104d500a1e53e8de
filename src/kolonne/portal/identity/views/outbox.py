from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kolonne.portal.identity import outbox

View = Callable[..., HttpResponse]
OF_A_MAIL = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],  # mails carry their looks in the text: programs that read mail know no files
    "frame-ancestors": [SELF],
    "sandbox": ["allow-top-navigation-by-user-activation"],
}


def in_a_demonstration(view: View) -> View:
    """Elsewhere these pages do not exist: mails hold what opens accounts."""

    @require_GET
    @wraps(view)
    def checked(request: HttpRequest, **kwargs: str) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, **kwargs)

    return checked


@in_a_demonstration
def mails(request: HttpRequest) -> HttpResponse:
    """What the demonstration would have sent by mail and SMS."""
    return render(request, "identity/outbox.html", {"mails": outbox.newest(*_folders()), "most": outbox.SHOWN})


@in_a_demonstration
def mail(request: HttpRequest, number: str) -> HttpResponse:
    """One mail, as text and as its reader sees it."""
    return render(request, "identity/outbox_mail.html", {"mail": _mail(request, number)})


@csp(OF_A_MAIL)
@in_a_demonstration
def mail_as_html(request: HttpRequest, number: str) -> HttpResponse:
    """The frame's content: nothing in it runs or loads, and links open in the page around it."""
    html = _mail(request, number).html.replace("<head>", '<head><base target="_top">', 1)
    return HttpResponse(html, headers={"X-Frame-Options": "SAMEORIGIN"})


def _folders() -> tuple[Path, Path]:
    return Path(settings.EMAIL_FOLDER), Path(settings.SMS_FOLDER)


def _mail(request: HttpRequest, number: str) -> outbox.Mail:
    """Its links lead to where the reader is: at localhost one is signed in, and at 127.0.0.1 a stranger."""
    found = outbox.one(number, *_folders())
    if found is None:
        raise Http404
    here = request.build_absolute_uri("/").rstrip("/")
    text, html = (words.replace(settings.PUBLIC_URL, here) for words in (found.text, found.html))
    return replace(found, text=text, html=html)
