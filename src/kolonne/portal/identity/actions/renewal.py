"""The first sign-in after a helper's reset: a unique e-mail address, shown to be one's own, and a password (ID-08).

Nobody is signed in meanwhile. What was done so far is kept with the sign-in that waits, and nothing of it counts in
the account before `renew`.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import limits, mails
from kolonne.portal.identity.actions.people import checked_email, end_access
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid

CODE_DIGITS = 8
CODE_LIFETIME = timedelta(minutes=10)


def is_over(user: User) -> bool:
    """Whether the helper's password came too late."""
    return user.renewal_until is not None and user.renewal_until < timezone.now()


def send_code(*, user: User, email: str) -> tuple[str, str]:
    """Mails a code to the address; returns the address as it will be stored, and the code's digest.

    Raises Invalid, Conflict when the address belongs to somebody else or too many codes were asked for.
    """
    email = checked_email(email, of=user)
    if not limits.allows("renewal_code", user.pk):
        raise Conflict("too_many", "too many codes were asked for", field="email")
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    mails.post_sealed("renewal_code", email, user, code=f"{code[:4]} {code[4:]}")
    return email, digest_of(user, email, code)


def digest_of(user: User, email: str, code: str) -> str:
    value = f"{user.pk} {email} {code}"
    return salted_hmac("kolonne.portal.identity.renewal", value, algorithm="sha256").hexdigest()


def is_code_right(*, user: User, email: str, code: str, digest: str) -> bool:
    """Raises Conflict after five tries with one code, however they were spread over windows and requests."""
    if not limits.allows("renewal_try", digest):
        raise Conflict("too_many", "too many wrong codes", field="code")
    return constant_time_compare(digest_of(user, email, code), digest)


@transaction.atomic
def renew(*, actor: Actor, user: User, epoch: int, email: str, password: str, origin: Mapping[str, str]) -> User:
    """Puts the verified address and the own password in force; only now the account is itself again.

    `epoch` is the account's when this sign-in began: a helper's second reset, a lock or a block ends it. Raises
    Conflict for that and for an address that somebody else has taken meanwhile, Invalid for the helper's password.
    `origin` says in the mail about it where that happened.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active or user.renewal_until is None or user.session_epoch != epoch:
        raise Conflict("wrong_state", f"the renewal of {user.username} is over", state=user.state)
    if user.check_password(password):
        raise Invalid("old_password", "the password is the helper's", {"password1": "another one"})
    before, user.email = user.email, checked_email(email, of=user)
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    user.set_password(password)
    user.renewal_until = None
    user.save(update_fields=["email", "password", "renewal_until"])
    end_access(user)
    audit.record(actor, "identity.user.renewed", on=user, company_id=None)
    mails.post("password_changed", user, **origin)
    if before and before != user.email:
        mails.post_sealed("email_replaced", before, user)
    return user
