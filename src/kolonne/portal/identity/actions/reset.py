"""A new password by mail (ID-04). Whoever asks learns nothing: the request only leaves a job behind."""

import json
from collections.abc import Mapping
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import limits, links, mails
from kolonne.portal.identity.actions.sign_in import set_own_password
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib import sealing
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict

PURPOSE = "password_reset"
LIFETIME = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def is_possible(user: User) -> bool:
    """Not for somebody who may not come in, nor for somebody whose sign-in a helper has just reset: the mail address
    from before is what the next sign-in replaces (ID-08), so nothing is opened by it any more."""
    return bool(user.is_active) and user.renewal_until is None


def ask(*, email: str, address: str) -> None:
    """The same work for every typed address, known or not. The job keeps it sealed and is deleted when it is done."""
    sealed = sealing.seal(json.dumps({"email": email, "address": address}))
    app.configure_task("identity.answer_reset").defer(sealed=sealed)


@transaction.atomic
def answer(*, actor: Actor, email: str) -> None:
    """Mails the link, or why there is none, to whom the address belongs. Silent for strangers and beyond the limit."""
    user = User.objects.filter(email__iexact=email).exclude(state=State.DELETED).first()
    if user is None or not _owns_address(user) or not limits.allows("reset_mail", user.pk):
        return
    audit.record(actor, "identity.password.reset_asked", on=user, company_id=None)
    if is_possible(user):
        mails.post("password_reset", user)
    else:
        mails.post("reset_not_possible", user, state=user.state)


def _owns_address(user: User) -> bool:
    """Invited people have not shown it yet; they are told to use their invitation."""
    return user.state == State.INVITED or EmailAddress.objects.filter(user=user, verified=True).exists()


@transaction.atomic
def choose_password(*, actor: Actor, token: str, password: str, origin: Mapping[str, str]) -> User:
    """Uses the link: the password is new, every session and token ends, nobody is signed in by it.

    `origin` says in the mail about it where that happened. Raises LinkError, and Conflict when somebody locked or
    reset the account meanwhile.
    """
    user = links.user_of(PURPOSE, token, LIFETIME, lock=True)
    if not is_possible(user):
        raise Conflict("wrong_state", f"{user.username} is {user.state}", state=user.state)
    set_own_password(actor=actor, user=user, password=password)
    mails.post("password_changed", user, **origin)
    return user
