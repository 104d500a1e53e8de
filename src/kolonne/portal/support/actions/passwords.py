"""A person's own support password and one-time code (SU-01)."""

import secrets
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.support.actions.sessions import end_all_for
from kolonne.portal.support.models import Ended, SupportPassword

LEAST, MOST = 6, 20
CODE_DIGITS = 8


@transaction.atomic
def set_password(*, actor: Actor, user: User, password: str) -> SupportPassword:
    """A new one; the old one is not asked for. Wrong tries are forgotten, a frozen one is open again, and whoever works
    in the person's name stops. Raises NotAllowed, Invalid."""
    _only_oneself(actor, user)
    remedy = {"password": f"{LEAST} to {MOST} characters without white space"}
    if not LEAST <= len(password) <= MOST or any(sign.isspace() for sign in password):
        raise Invalid("bad_support_password", "that is no support password", remedy)
    if user.check_password(password):
        raise Invalid("sign_in_password", "this is the sign-in password", {"password": "another one"})
    row = _locked(user)
    row.password, row.changed_at = make_password(password), timezone.now()
    row.code, row.code_expires_at = "", None
    row.wrong_tries, row.wrong_since, row.frozen_at = 0, None, None
    row.save()
    end_all_for(actor, user, Ended.PASSWORD)
    audit.record(actor, "support.password.set", on=user, company_id=None)
    return row


@transaction.atomic
def remove_password(*, actor: Actor, user: User) -> None:
    """Neither password nor code opens anything any more. A frozen one stays frozen. Raises NotAllowed, Conflict."""
    _only_oneself(actor, user)
    row = _locked(user)
    if not row.password and not row.code:
        raise Conflict("nothing_set", "there is no support password")
    row.password, row.code, row.code_expires_at, row.changed_at = "", "", None, timezone.now()
    row.save()
    end_all_for(actor, user, Ended.PASSWORD)
    audit.record(actor, "support.password.removed", on=user, company_id=None)


@transaction.atomic
def make_code(*, actor: Actor, user: User) -> tuple[str, datetime]:
    """Eight digits that do once what the support password does, and until when: returned this once, kept as a hash.

    Raises NotAllowed; Conflict when too many wrong ones were tried: then a new password comes first.
    """
    _only_oneself(actor, user)
    row = _locked(user)
    if row.frozen_at:
        raise Conflict("frozen", "too many wrong tries", remedy="set a new support password")
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    row.code, row.code_expires_at = make_password(code), timezone.now() + settings.SUPPORT_CODE_LIFE
    row.save(update_fields=["code", "code_expires_at"])
    audit.record(actor, "support.code.made", on=user, company_id=None)
    return code, row.code_expires_at


def _only_oneself(actor: Actor, user: User) -> None:
    """Least of all somebody who acts for the person."""
    if actor.user_id != user.pk or actor.acting_for is not None:
        raise NotAllowed("support.password:write")


def _locked(user: User) -> SupportPassword:
    SupportPassword.objects.get_or_create(user=user)
    return SupportPassword.objects.select_for_update().get(user=user)
