"""Links in our mails: signed, for one purpose and one person, dead once they were used.

A token carries the person's number, a fingerprint of what its use changes, and the time it was made. Nothing is stored.
Pages show what a link would do and do it by POST only, because mail scanners open every link.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from kolonne.portal.identity.models import User

SALT = "kolonne.portal.identity.links"
P = ParamSpec("P")


class LinkError(Exception):
    """A link that opens nothing."""


class LinkBroken(LinkError):
    """Altered, cut by a mail program, or made for somebody or something else."""


class LinkExpired(LinkError):
    """Right, but too old."""


class LinkUsed(LinkError):
    """Right, but the person's account changed since: by its use, or because there was no need for it any more."""


REASONS: dict[type[LinkError], str] = {LinkBroken: "broken", LinkExpired: "expired", LinkUsed: "used"}
"""For pages that say which it was."""


def make(purpose: str, user: User) -> str:
    """A token that goes into one segment of a path."""
    return _signer(purpose).sign(f"{user.pk}-{_fingerprint(purpose, user, settings.SECRET_KEY)}")


def address(page: str, purpose: str, user: User) -> str:
    """The whole address for a mail: the page's name in the URL configuration takes the token as `token`."""
    return settings.PUBLIC_URL + reverse(page, kwargs={"token": make(purpose, user)})


def user_of(purpose: str, token: str, max_age: timedelta, *, lock: bool = False) -> User:
    """Whom a token was made for. Raises LinkBroken, LinkExpired, LinkUsed.

    `lock`: in the transaction that uses the link, so that of two uses at once the second finds it used.
    """
    try:
        number, _, fingerprint = _signer(purpose).unsign(token, max_age=max_age).partition("-")
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except signing.BadSignature as error:
        raise LinkBroken from error
    users = User.objects.select_for_update(of=("self",)) if lock else User.objects.all()
    user = users.select_related("market").filter(pk=int(number)).first()
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if user is None or not any(
        constant_time_compare(fingerprint, _fingerprint(purpose, user, secret)) for secret in secrets
    ):
        raise LinkUsed
    return user


def _signer(purpose: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(sep=".", salt=f"{SALT}.{purpose}")


def _fingerprint(purpose: str, user: User, secret: str | bytes) -> str:
    """Changes with everything that makes a link pointless."""
    renewal = user.renewal_until.timestamp() if user.renewal_until else ""
    facts = [user.password, user.email, user.state, user.life_cycle_step, user.last_sign_in_at.timestamp(), renewal]
    return salted_hmac(
        f"{SALT}.{purpose}", f"{user.pk} {[str(fact) for fact in facts]}", secret=secret, algorithm="sha256"
    ).hexdigest()[:32]


def keep_address_private(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """For pages with a token in their path: no request that starts on them carries it away in its Referer.

    `no-referrer` would also hide the origin, without which the form on the page is refused as a forgery.
    """

    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers["Referrer-Policy"] = "strict-origin"
        return response

    return page
