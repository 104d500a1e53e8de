"""People come in by invitation: the link in the mail shows that the address is theirs, and lets them set a password."""

from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.audit.models import Entry
from kolonne.portal.identity import links, mails
from kolonne.portal.identity.actions.people import PersonData, create_user, move, note_sign_in
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope, user_scope

PURPOSE = "invitation"
LIFETIME = timedelta(days=settings.INVITATION_DAYS)
INVITED = "identity.user.invited"


@dataclass(frozen=True)
class Invitation:
    """Who invites, as the audit remembers it."""

    inviter: str
    organisation: str
    company_id: int | None


@transaction.atomic
def invite(*, actor: Actor, person: PersonData, market: str, company_id: int | None, organisation: str = "") -> User:
    """A person who can do nothing until he accepts. `organisation` is what the mail says he is invited to.

    The caller checks the actor's right and adds the membership, in the same transaction. Raises Invalid, Conflict.
    """
    user = create_user(actor=actor, person=person, market=market, state=State.INVITED, company_id=company_id)
    _post(actor, user, company_id, organisation)
    return user


@transaction.atomic
def resend(*, actor: Actor, user: User, company_id: int | None, organisation: str = "") -> User:
    """Another mail with a fresh link, e.g. after the first one expired. Raises Conflict for whoever is in already."""
    if user.state != State.INVITED:
        raise Conflict("wrong_state", f"{user.username} is {user.state}", state=user.state)
    _post(actor, user, company_id, organisation)
    return user


def _post(actor: Actor, user: User, company_id: int | None, organisation: str) -> None:
    audit.record(actor, INVITED, on=user, company_id=company_id, organisation=organisation)
    mails.post("invitation", user, inviter=actor.label, organisation=organisation, days=LIFETIME.days)


def invitation_of(user: User) -> Invitation:
    """The newest one."""
    with user_scope(user.pk):
        entry = Entry.objects.filter(target=f"{User._meta.label_lower}:{user.pk}", verb=INVITED).order_by("-id").first()
    if entry is None:
        return Invitation("", "", None)
    return Invitation(entry.actor, str(entry.facts.get("organisation", "")), entry.company_id)


@transaction.atomic
def accept(*, actor: Actor, token: str, password: str, language: str) -> User:
    """The invited person is in: address verified, password set. Signing in is the next step. Raises LinkError."""
    user = links.user_of(PURPOSE, token, LIFETIME, lock=True)
    if user.state != State.INVITED:
        raise links.LinkUsed
    user.set_password(password)
    user.language = language
    user.save(update_fields=["password", "language"])
    EmailAddress.objects.filter(user=user, email__iexact=user.email).update(verified=True, primary=True)
    company_id = invitation_of(user).company_id
    # The invited person is nobody yet; the organisation's own audit says that he came.
    with company_scope([company_id] if company_id else []):
        move(actor=actor, user=user, to=State.ACTIVE, verb="identity.invitation.accepted", company_id=company_id)
    return note_sign_in(user)
