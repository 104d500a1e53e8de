import secrets
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Token
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity.models import MOVES, OPEN_STATES, Language, LifeCycleStep, Market, State, User
from kolonne.portal.identity.user_ids import checked_user_id
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid

TEMPORARY_PASSWORD_LIFE = timedelta(days=3)


@dataclass(frozen=True)
class PersonData:
    """What is known of a new person."""

    username: str
    email: str
    first_name: str = ""
    last_name: str = ""
    language: str = Language.ENGLISH


@transaction.atomic
def create_user(
    *,
    actor: Actor,
    person: PersonData,
    market: str,
    password: str | None = None,
    state: State = State.ACTIVE,
    company_id: int | None = None,
) -> User:
    """A person whose e-mail address counts as verified by whoever vouches for it. Raises Invalid, Conflict.

    An invited person's address is verified by the link in the invitation. `company_id` says in whose audit it stands.
    """
    username, email = checked_user_id(person.username), checked_email(person.email)
    if not Market.objects.filter(pk=market).exists():
        raise Invalid("unknown_market", f"{market} is not a market", {"market": "the code of a market, e.g. no"})
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict("user_exists", f"the user id {person.username} is taken", field="username")
    user = User(**asdict(replace(person, username=username, email=email)), market_id=market, state=state)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:  # somebody took the user id or the address at this very moment
        raise Conflict("user_exists", f"{username} or {email} was taken just now", field="username") from error
    EmailAddress.objects.create(user=user, email=email, verified=state != State.INVITED, primary=True)
    audit.record(actor, "identity.user.created", on=user, company_id=company_id)
    return user


def checked_email(email: str, *, of: User | None = None) -> str:
    """In lower case, so that one mailbox cannot become two people. Raises Invalid, Conflict when somebody has it."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid("invalid_email", f"{email} is not an e-mail address", {"email": "name@domain"}) from error
    others = User.objects.exclude(pk=of.pk) if of else User.objects.all()
    addresses = EmailAddress.objects.exclude(user=of) if of else EmailAddress.objects.all()
    if others.filter(email__iexact=email).exists() or addresses.filter(email__iexact=email).exists():
        raise Conflict("email_exists", f"the e-mail address {email} belongs to another user", field="email")
    return email


@transaction.atomic
def move(*, actor: Actor, user: User, to: State, verb: str, company_id: int | None = None, **facts: Any) -> User:
    """Sets the one field that lets people in or keeps them out. Raises Conflict when the state does not allow it.

    Whoever may not come in any more is out at once: sessions and tokens end in the same transaction.
    """
    allowed = [state for state, targets in MOVES.items() if to in targets]
    now = timezone.now()
    changed = User.objects.filter(pk=user.pk, state__in=allowed).update(state=to, state_since=now)
    user.refresh_from_db()
    if changed != 1:
        raise Conflict("wrong_state", f"{user.username} is {user.state}", state=user.state)
    if not user.is_active:
        end_access(user)
    audit.record(actor, verb, on=user, company_id=company_id, **facts)
    return user


def end_access(user: User) -> None:
    """Ends every session, token and live stream of a person, at once and everywhere."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    keys = list(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=user).delete()
    Token.objects.filter(user=user).delete()
    notify.notify(notify.PEOPLE, str(user.pk))
    user.refresh_from_db(fields=["session_epoch"])


@transaction.atomic
def revive(*, actor: Actor, user: User, company_id: int | None = None) -> User:
    """A helper's "reset sign-in status" (ID-06): a locked person may come in again, and the clock starts anew."""
    move(actor=actor, user=user, to=State.ACTIVE, verb="identity.user.revived", company_id=company_id)
    return note_sign_in(user)


def note_sign_in(user: User) -> User:
    """The person was here: the life cycle starts anew (ID-05), wrong passwords are forgotten.

    Whoever was locked while he signed in stays locked: only a helper revives.
    """
    User.objects.filter(pk=user.pk, state__in=OPEN_STATES).update(
        last_sign_in_at=timezone.now(), life_cycle_step=LifeCycleStep.NONE, life_cycle_at=None, failed_sign_ins=0
    )
    # Whoever proved who he is by a passkey or a mail need not wait for a helper.
    User.objects.filter(pk=user.pk, state=State.PASSWORD_LOCKED).update(state=State.ACTIVE, state_since=timezone.now())
    user.refresh_from_db()
    return user


@transaction.atomic
def reset_password(*, actor: Actor, user: User, company_id: int | None = None) -> str:
    """A helper's reset (ID-07, ID-08): returns the password that the helper tells the person, once.

    It works until `renewal_until` and only as far as the page that asks for a unique e-mail address and a password of
    one's own. The second factor stays. Raises Conflict for somebody who was deleted or blocked.
    """
    if user.state in {State.DELETED, State.BLOCKED}:
        raise Conflict("wrong_state", f"{user.username} is {user.state}", state=user.state)
    if user.state != State.ACTIVE:
        move(actor=actor, user=user, to=State.ACTIVE, verb="identity.user.revived", company_id=company_id)
    password = "-".join(secrets.token_hex(2) for _ in range(5))
    user.set_password(password)
    user.renewal_until = timezone.now() + TEMPORARY_PASSWORD_LIFE
    user.save(update_fields=["password", "renewal_until"])
    note_sign_in(user)
    end_access(user)
    audit.record(actor, "identity.password.reset", on=user, company_id=company_id)
    return password


@transaction.atomic
def reset_second_factor(*, actor: Actor, user: User, company_id: int | None = None) -> None:
    """A helper removes all factors of somebody who lost them (ID-10); sessions end, the next sign-in sets up anew."""
    count, _ = Authenticator.objects.filter(user=user).delete()
    if not count:
        raise Conflict("no_second_factor", f"{user.username} has no second factor")
    end_access(user)
    audit.record(actor, "identity.second_factor.reset", on=user, company_id=company_id)
