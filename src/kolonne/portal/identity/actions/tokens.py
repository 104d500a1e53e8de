"""Codes and tokens of applications of others (ID-12). Only their hashes are kept.

A code and all tokens that come of it are one family, which ends `FAMILY_LIFE` after the sign-in at the latest. Codes
and refresh tokens work once. A second use means that somebody else has a copy: it ends the whole family. Used ones
stay until then, to be recognised. Rows of the person are locked before each step, so that of two at once the second
sees what the first did, and that none slips past the end of the person's access.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import structlog
from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import access
from kolonne.portal.identity.actions import life_cycle
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor

CODE_LIFE = timedelta(seconds=settings.IDP_OIDC_AUTHORIZATION_CODE_EXPIRES_IN)
ACCESS_LIFE = timedelta(seconds=settings.IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN)
FAMILY_LIFE = timedelta(seconds=settings.IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN)
CODE, ACCESS, REFRESH = Token.Type.AUTHORIZATION_CODE, Token.Type.ACCESS_TOKEN, Token.Type.REFRESH_TOKEN

log = structlog.get_logger(__name__)


def issue_code(*, client: Client, user: User, code: str, scopes: Iterable[str], promise: dict[str, Any]) -> Token:
    """Writes down what was promised for a code: redirect address, challenge, nonce, time of sign-in."""
    now, digest = timezone.now(), get_adapter().hash_token(code)
    facts = {**promise, "until": (now + CODE_LIFE).timestamp(), "family": digest}
    row = Token(type=CODE, hash=digest, client=client, user=user, expires_at=now + FAMILY_LIFE, data=facts)
    row.set_scopes(list(scopes))
    row.save()
    return row


@transaction.atomic
def take(*, kind: str, value: str, client: Client) -> Token | None:
    """The row of a code or refresh token that this client may use now; None when it may not.

    The caller's transaction keeps the person locked until it ends.
    """
    rows = Token.objects.filter(type=kind, client=client, hash=get_adapter().hash_token(value))
    found = rows.first()
    if found is None:
        return None
    user = User.objects.select_for_update().get(pk=found.user_id)
    row = rows.first()
    if row is None:
        return None
    if row.data.get("spent"):
        log.warning("token used twice", application=client.name, user=user.pk, kind=row.get_type_display())
        end_family(row)
        return None
    now = timezone.now()
    is_over = row.expires_at <= now or row.data.get("until", now.timestamp()) < now.timestamp()
    row.user = user
    return None if is_over or not access.may_use(user, client.pk) else row


@transaction.atomic
def issue_tokens(*, basis: Token, access_token: str, refresh_token: str, scopes: list[str]) -> None:
    """The tokens that a code or refresh token is good for, which is used up by that. A code counts as a sign-in."""
    now, adapter = timezone.now(), get_adapter()
    basis.data = {**basis.data, "spent": True}
    basis.save(update_fields=["data"])
    kept = {name: basis.data[name] for name in ("family", "auth_time", "amr") if name in basis.data}
    both = {"client": basis.client, "user": basis.user, "data": kept}
    tokens = [
        Token(type=ACCESS, hash=adapter.hash_token(access_token), expires_at=now + ACCESS_LIFE, **both),
        Token(type=REFRESH, hash=adapter.hash_token(refresh_token), expires_at=basis.expires_at, **both),
    ]
    tokens[0].set_scopes(scopes)
    tokens[1].set_scopes(basis.get_scopes())
    Token.objects.bulk_create(tokens)
    if basis.type == CODE:
        _note_sign_in(basis)


def _note_sign_in(code: Token) -> None:
    user: User = code.user
    life_cycle.seen(user)
    actor = Actor(label=str(user), user_id=user.pk)
    application = access.application_of(code.client_id)
    audit.record(
        actor,
        "identity.application.opened",
        on=user,
        company_id=None,
        application=application.code if application else code.client_id,
    )


def end_family(member: Token) -> None:
    """Ends all tokens that come of the same code; used codes stay, to be recognised."""
    family = Token.objects.filter(user=member.user, client=member.client, data__family=member.data["family"])
    family.exclude(type=CODE).delete()
    Token.objects.filter(pk=member.pk, type=CODE).update(data={**member.data, "spent": True})


def revoke(*, client: Client, value: str) -> None:
    """An application gives a token back, and with it all that come of the same code (RFC 7009)."""
    digest = get_adapter().hash_token(value)
    token = Token.objects.filter(client=client, hash=digest, type__in=(ACCESS, REFRESH)).first()
    if token is not None:
        end_family(token)


def end_all(*, user: User, client: Client) -> None:
    """The person signs out of the application."""
    Token.objects.filter(user=user, client=client).delete()


def has_consented(*, user: User, client: Client, scopes: Iterable[str]) -> bool:
    """Whether tokens of an earlier consent to the same data are still good."""
    given = Token.objects.valid().filter(user=user, client=client, type__in=(ACCESS, REFRESH))
    return any(set(scopes) <= set(token.get_scopes()) for token in given)
