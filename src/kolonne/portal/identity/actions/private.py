from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import mails, private
from kolonne.portal.identity.actions.erasure import delete_user
from kolonne.portal.identity.actions.people import PersonData, create_user, move
from kolonne.portal.identity.models import PrivateProfile, State, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotFound

ACTOR = Actor.system("identity.forget_unconfirmed")
CONFIRM = "private-confirm"
"""Purpose of the link in the mail."""
CONFIRM_LIFE = timedelta(days=3)
"""Of that link; who never opens it leaves nothing behind."""


@dataclass(frozen=True)
class PrivateData:
    """What a private person tells; all of it can stay empty."""

    name: str = ""
    mobile: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""


@transaction.atomic
def sign_up(*, actor: Actor, person: PersonData, market: str, password: str, data: PrivateData) -> None:
    """A private account that opens when the link in the mail was used. Raises Conflict when the user id is taken.

    Whoever has the address already gets a mail that says so, and the caller the same answer after the same work. An
    address that nobody confirmed is nobody's: the newer sign-up replaces the older.
    """
    hashed = make_password(password)
    owner = _owner(person.email)
    if owner is not None and private.is_unconfirmed(owner):
        delete_user(actor=actor, user=owner, mail="")
        owner = None
    if User.objects.filter(username__iexact=person.username).exists():
        raise Conflict("user_exists", f"the user id {person.username} is taken", field="username")
    if owner is not None:
        mails.post("private_known", owner, once=f"private_known:{owner.pk}")
        return
    user = create_user(actor=actor, person=person, market=market, state=State.INVITED)
    User.objects.filter(pk=user.pk).update(password=hashed)
    PrivateProfile.objects.create(user=user, **asdict(data))
    mails.post("private_confirm", user)


def _owner(email: str) -> User | None:
    address = EmailAddress.objects.select_related("user").filter(email__iexact=email).first()
    return address.user if address else User.objects.filter(email__iexact=email).first()


@transaction.atomic
def confirm(*, actor: Actor, user: User, password: str) -> User:
    """Opens the account: the link shows whose mailbox it is, the password that the same person signed up.

    Without the password, somebody could sign up with the address of another and wait until that one clicks. Raises
    Conflict when the password is another or the account is open already.
    """
    if not user.check_password(password):
        raise Conflict("wrong_password", "this is not the password of the sign-up", field="password")
    move(actor=actor, user=user, to=State.ACTIVE, verb="identity.private.confirmed")
    EmailAddress.objects.filter(user=user, email=user.email).update(verified=True)
    return user


@transaction.atomic
def keep_private(*, actor: Actor, user: User, data: PrivateData) -> PrivateProfile:
    """Changes the private part of one's own account, or adds it; nothing is copied from or to a business account."""
    profile, is_new = PrivateProfile.objects.update_or_create(user=user, defaults=asdict(data))
    verb = "identity.private.added" if is_new else "identity.private.changed"
    audit.record(actor, verb, on=user, company_id=None)
    return profile


@transaction.atomic
def end_private(*, actor: Actor, user: User) -> bool:
    """Deletes the private part, and the whole account when it was all there was; says whether it was.

    Raises NotFound when there is none.
    """
    if not PrivateProfile.objects.filter(user=user).exists():
        raise NotFound("a private account")
    if private.is_only_private(user):
        delete_user(actor=actor, user=user)
        return True
    PrivateProfile.objects.filter(user=user).delete()
    audit.record(actor, "identity.private.ended", on=user, company_id=None)
    return False


def forget_unconfirmed(*, now: datetime) -> int:
    """Deletes sign-ups whose link was never used; says how many. Nobody is told: there never was an account."""
    before = now - 2 * CONFIRM_LIFE
    late = User.objects.filter(state=State.INVITED, private_profile__isnull=False, date_joined__lt=before)
    return len([delete_user(actor=ACTOR, user=user, mail="") for user in late])
