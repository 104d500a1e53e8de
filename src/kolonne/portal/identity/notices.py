"""allauth's mails in our words: which of our templates each of its mails is, and how it goes out.

What holds a secret (a code, a link) is sent at once, for a job's arguments are stored; so is what goes to an address
that the person gives up. Everything else is a job of the transaction that it tells about.
"""

from collections.abc import Mapping
from typing import Any

from allauth.account.models import EmailAddress
from django.http import HttpRequest
from django.utils import translation

from kolonne.portal.identity import devices, mails
from kolonne.portal.identity.models import Language, User
from kolonne.portal.lib.address import client_address

TEMPLATES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "account/email/email_confirmation": ("code", {}),
    "account/email/email_confirmation_signup": ("code", {}),
    "account/email/login_code": ("code", {}),
    "account/email/password_reset_code": ("code", {}),
    "account/email/password_reset_key": ("password_link", {}),
    "account/email/account_already_exists": ("address_taken", {}),
    "account/email/unknown_account": ("address_unknown", {}),
    "account/email/password_reset": ("password_changed", {}),
    "account/email/password_changed": ("password_changed", {}),
    "account/email/password_set": ("password_changed", {}),
    "account/email/email_changed": ("email_changed", {}),
    "account/email/email_deleted": ("email_changed", {}),
    "mfa/email/totp_activated": ("factor_added", {"factor": "totp"}),
    "mfa/email/totp_deactivated": ("factor_removed", {"factor": "totp"}),
    "mfa/email/webauthn_added": ("factor_added", {"factor": "webauthn"}),
    "mfa/email/webauthn_removed": ("factor_removed", {"factor": "webauthn"}),
    "mfa/email/recovery_codes_generated": ("recovery_codes", {}),
}
"""By allauth's name: our template, and what it is told besides."""
SECRET = frozenset({"code", "password_link"})
AT_ONCE = SECRET | {"email_changed"}
FACTS = ("code", "password_reset_url", "to_email")
"""What is taken over from allauth."""


def send(request: HttpRequest, prefix: str, email: str, context: Mapping[str, Any]) -> None:
    """One of allauth's mails. KeyError for one that we have no words for, which a test finds first."""
    template, known = TEMPLATES[prefix]
    user = _reader(request, email, context)
    language = user.language if user else translation.get_language() or Language.ENGLISH
    facts: dict[str, Any] = {**known, **{name: str(context[name]) for name in FACTS if context.get(name)}}
    facts |= origin(request, language)
    if user is None or template in AT_ONCE or user.email != email:
        mails.deliver(template, email, language, {"user": user, **facts})
    else:
        mails.post(template, user, **facts)


def origin(request: HttpRequest, language: str) -> dict[str, str]:
    """Where somebody did it, in words of the reader's language."""
    with translation.override(language):
        device = devices.in_words(request.headers.get("User-Agent", ""))
    return {"device": device, "address": client_address(request)}


def _reader(request: HttpRequest, email: str, context: Mapping[str, Any]) -> User | None:
    """Whose mail it is: said by allauth, known by the address, or whoever is signed in and gives it up."""
    told = context.get("user")
    if isinstance(told, User):
        return told
    row = EmailAddress.objects.filter(email=email.lower()).select_related("user").first()
    if row is not None:
        return row.user  # type: ignore[no-any-return]  # allauth has no type stubs
    return request.user if isinstance(request.user, User) else None
