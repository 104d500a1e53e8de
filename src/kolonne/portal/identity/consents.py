"""Which applications can read a person's data now, because he signed in there (CO-08)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from allauth.idp.oidc.models import Token
from django.db.models import Max

from kolonne.portal.audit.models import Entry
from kolonne.portal.identity.access import SCOPES
from kolonne.portal.identity.models import Application, User
from kolonne.portal.lib.scope import user_scope

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OPENED = "identity.application.opened"


@dataclass(frozen=True)
class Consent:
    """One application, what it may read, and for how long."""

    application: Application
    data: "list[StrOrPromise]"
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Past:
    """An application that read data before and can no longer."""

    name: str
    last: datetime


def consents_of(user: User) -> list[Consent]:
    """By name of the application. A consent lives as long as the sign-in there."""
    rows: dict[str, list[Token]] = {}
    for token in Token.objects.valid().filter(user=user).order_by("pk"):
        rows.setdefault(token.client_id, []).append(token)
    applications = Application.objects.filter(client_id__in=rows).order_by("name")
    found = [_consent(application, rows[application.client_id or ""]) for application in applications]
    return [consent for consent in found if consent is not None]


def _consent(application: Application, tokens: list[Token]) -> Consent | None:
    """None when only used-up codes are left."""
    living = [token for token in tokens if token.type != Token.Type.AUTHORIZATION_CODE]
    if not living:
        return None
    scopes = {scope for token in living for scope in token.get_scopes()}
    return Consent(
        application=application,
        data=[words for scope, words in SCOPES.items() if scope in scopes],
        since=min(token.created_at for token in tokens),
        until=max(token.expires_at for token in living if token.expires_at),
    )


def past_of(user: User) -> list[Past]:
    """Applications in which the person signed in once, by name; not those that can read now."""
    now = {consent.application.code for consent in consents_of(user)}
    with user_scope(user.pk):
        opened = Entry.objects.filter(user_id=user.pk, verb=OPENED)
        rows = opened.values_list("facts__application").annotate(Max("at"))
        last = {str(code): at for code, at in rows}
    names = dict(Application.objects.filter(code__in=last).values_list("code", "name"))
    found = [Past(names.get(code, code), at) for code, at in last.items() if code not in now]
    return sorted(found, key=lambda past: past.name.lower())
