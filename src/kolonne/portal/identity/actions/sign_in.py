"""What a sign-in, a failed one and the end of one leave behind."""

import structlog
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions.people import end_access, move, note_sign_in
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotFound

log = structlog.get_logger()


@transaction.atomic
def record_sign_in(*, actor: Actor, user: User, method: str) -> User:
    """Everything was right and the person is in. `method` names what was shown, e.g. "password+totp"."""
    note_sign_in(user)
    audit.record(actor, "identity.user.signed_in", on=user, company_id=None, method=method)
    log.info("signed in", user=user.pk, method=method)
    return user


@transaction.atomic
def record_wrong_password(*, actor: Actor, user: User) -> None:
    """One more in a row. At the limit the password opens nothing any more; a passkey or a mail still helps.

    NIST SP 800-63B-4, 3.2.2: at most 100 failures in a row on one account.
    """
    few = User.objects.filter(pk=user.pk, failed_sign_ins__lt=settings.PASSWORD_TRIES)
    few.update(failed_sign_ins=F("failed_sign_ins") + 1)
    user.refresh_from_db(fields=["failed_sign_ins", "state"])
    log.info("wrong password", user=user.pk, in_a_row=user.failed_sign_ins)
    if user.state != State.ACTIVE or user.failed_sign_ins < settings.PASSWORD_TRIES:
        return
    try:
        move(actor=actor, user=user, to=State.PASSWORD_LOCKED, verb="identity.user.password_locked")
    except Conflict:
        return  # another request of the same moment did it
    mails.post("password_locked", user)


@transaction.atomic
def set_own_password(*, actor: Actor, user: User, password: str) -> User:
    """A person's own new password. Sessions and tokens end everywhere; wrong tries are forgotten.

    The page that asked for it keeps the session in which it was changed. The password was checked by the form.
    """
    user.set_password(password)
    user.failed_sign_ins = 0
    user.save(update_fields=["password", "failed_sign_ins"])
    if user.state == State.PASSWORD_LOCKED:
        move(actor=actor, user=user, to=State.ACTIVE, verb="identity.user.password_unlocked")
    end_access(user)
    audit.record(actor, "identity.password.changed", on=user, company_id=None)
    return user


@transaction.atomic
def sign_out_everywhere(*, actor: Actor, user: User) -> int:
    """Ends all sessions and tokens of a person; how many sessions that were."""
    count: int = UserSession.objects.filter(user=user).count()
    end_access(user)
    audit.record(actor, "identity.user.signed_out_everywhere", on=user, company_id=None, sessions=count)
    return count


@transaction.atomic
def end_session(*, actor: Actor, user: User, session_id: int) -> None:
    """Ends one session of a person. Raises NotFound when it is not his or gone already."""
    row = UserSession.objects.select_for_update().filter(pk=session_id, user=user).first()
    if row is None:
        raise NotFound("session")
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    audit.record(actor, "identity.session.ended", on=user, company_id=None, address=row.ip)


def record_factor(*, actor: Actor, user: User, factor: Authenticator, change: str) -> None:
    """`change` is `added`, `removed` or `renewed`."""
    verbs = {
        "added": "identity.second_factor.added",
        "removed": "identity.second_factor.removed",
        "renewed": "identity.recovery_codes.renewed",
    }
    audit.record(actor, verbs[change], on=user, company_id=None, factor=str(factor.type))


def record_email(*, actor: Actor, user: User) -> None:
    """The person proved a new address by its code."""
    audit.record(actor, "identity.email.changed", on=user, company_id=None)
