from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import links, mails, private
from kolonne.portal.identity.actions.erasure import delete_user
from kolonne.portal.identity.actions.people import PersonData, checked_email, move
from kolonne.portal.identity.models import PrivateProfile, State, User
from kolonne.portal.identity.user_ids import checked_user_id
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
    """A private account that opens when the link in the mail was used. Raises Invalid; Conflict for a taken user id.

    Whoever has the address already gets a mail that says so, and the account waits all the same, for nobody: what is
    stored and answered, now and later, is what a stranger's address gets. An address that nobody confirmed is
    nobody's: it keeps nobody else from using it, and the newer sign-up replaces the older.
    """
    hashed = make_password(password)
    email = person.email.strip().lower()
    for older in private.unconfirmed().filter(private_profile__wanted_email=email):
        delete_user(actor=actor, user=older, mail="")
    unclaimed = replace(person, username=checked_user_id(person.username), email="")
    user = User(**asdict(unclaimed), market_id=market, state=State.INVITED, password=hashed)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise Conflict("user_exists", f"the user id {person.username} is taken", field="username") from error
    audit.record(actor, "identity.user.created", on=user, company_id=None)
    PrivateProfile.objects.create(user=user, wanted_email=email, **asdict(data))
    owner = _owner(email)
    if owner is None:
        mails.post_sealed("private_confirm", email, user)
    else:
        mails.post_sealed("private_known", email, owner)


def _owner(email: str) -> User | None:
    address = EmailAddress.objects.select_related("user").filter(email__iexact=email).first()
    return address.user if address else User.objects.filter(email__iexact=email).first()


@transaction.atomic
def confirm(*, actor: Actor, token: str, password: str) -> User:
    """Opens the account: the link shows whose mailbox it is, the password that the same person signed up.

    Without the password, somebody could sign up with the address of another and wait until that one clicks. Raises
    LinkError, and Conflict when the password is another or the address became somebody else's meanwhile.
    """
    user = links.user_of(CONFIRM, token, CONFIRM_LIFE, lock=True)
    if not user.check_password(password):
        raise Conflict("wrong_password", "this is not the password of the sign-up", field="password")
    profile = PrivateProfile.objects.get(user=user)
    user.email, profile.wanted_email = checked_email(profile.wanted_email, of=user), ""
    user.save(update_fields=["email"])
    profile.save(update_fields=["wanted_email"])
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return move(actor=actor, user=user, to=State.ACTIVE, verb="identity.private.confirmed")


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
        delete_user(actor=actor, user=user, mail="private_deleted")
        return True
    PrivateProfile.objects.filter(user=user).delete()
    audit.record(actor, "identity.private.ended", on=user, company_id=None)
    return False


def forget_unconfirmed(*, now: datetime) -> int:
    """Deletes sign-ups whose link was never used; says how many. Nobody is told: there never was an account."""
    late = private.unconfirmed().filter(date_joined__lt=now - 2 * CONFIRM_LIFE)
    return len([delete_user(actor=ACTOR, user=user, mail="") for user in late])
