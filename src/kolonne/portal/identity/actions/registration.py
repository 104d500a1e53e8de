"""Somebody new wants to register a company (CO-01). Nothing is stored before the link in the mail was opened: what was
typed travels in that link, sealed, and in a job that is deleted when it is done."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import limits, links, mails
from kolonne.portal.identity.actions.help import MARKET_OF_LANGUAGE
from kolonne.portal.identity.actions.people import PersonData, create_user
from kolonne.portal.identity.models import Market, State, User
from kolonne.portal.lib import sealing
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict

PURPOSE = "registration"
LIFETIME = timedelta(days=3)
"""Of the link in the mail."""


@dataclass(frozen=True)
class Newcomer:
    """What a new person tells; the form has checked it."""

    first_name: str
    last_name: str
    birth_date: str
    """As 1980-12-31."""
    email: str
    mobile: str
    """As E.164, or empty."""
    user_id: str
    language: str


def ask(*, newcomer: Newcomer, address: str) -> None:
    """The same work for every typed address, known or not, so that the page tells nobody who has a Kolonne ID."""
    sealed = sealing.seal(json.dumps({"newcomer": asdict(newcomer), "address": address}))
    app.configure_task("identity.answer_registration").defer(sealed=sealed)


@transaction.atomic
def answer(*, newcomer: Newcomer) -> None:
    """Mails the link; to whom the address belongs already, that there is a Kolonne ID. Silent beyond the limit."""
    if not limits.allows("register_mail", newcomer.email.lower()):
        return
    owner = _owner(newcomer.email)
    if owner is None:
        sealed = sealing.seal(json.dumps({"newcomer": asdict(newcomer), "token": make_token(newcomer)}))
        app.configure_task("identity.send_registration").defer(sealed=sealed)
    elif owner.state != State.DELETED:
        mails.post_sealed("registration_known", newcomer.email, owner, state=owner.state)


def deliver(*, newcomer: Newcomer, token: str, number: str) -> None:
    """The job's part: the mail with the link. It holds nothing that was typed but the user id, for the mailbox may be
    somebody else's, and words of strangers are no business of ours."""
    market = market_of(newcomer.language)
    facts = {
        "link": settings.PUBLIC_URL + reverse("registration_confirm", kwargs={"token": token}),
        "user_id": newcomer.user_id,
        "days": LIFETIME.days,
        **mails.support_of(market, newcomer.language),
    }
    mails.deliver("registration_confirm", newcomer.email, newcomer.language, facts, number=number)


def make_token(newcomer: Newcomer) -> str:
    """Everything about the person, readable by this server only."""
    return sealing.seal(json.dumps([PURPOSE, timezone.now().timestamp(), asdict(newcomer)], ensure_ascii=False))


def read_token(token: str) -> Newcomer:
    """Raises LinkBroken, LinkExpired; LinkUsed when somebody has the address by now, most likely by this link."""
    try:
        purpose, made_at, facts = json.loads(sealing.unseal(token))
    except (InvalidToken, ValueError) as error:
        raise links.LinkBroken from error
    if purpose != PURPOSE:
        raise links.LinkBroken
    newcomer = Newcomer(**facts)
    if _owner(newcomer.email) is not None:
        raise links.LinkUsed
    if timezone.now() - datetime.fromtimestamp(made_at, tz=timezone.get_default_timezone()) > LIFETIME:
        raise links.LinkExpired
    return newcomer


@transaction.atomic
def confirm(*, actor: Actor, token: str, user_id: str, password: str) -> User:
    """Makes the account: the link shows whose mailbox it is. Raises LinkError; Invalid and Conflict for the user id."""
    newcomer = read_token(token)
    person = PersonData(user_id, newcomer.email, newcomer.first_name, newcomer.last_name, newcomer.language)
    try:
        user = create_user(
            actor=actor, person=person, market=market_of(newcomer.language).pk, password=password, state=State.ACTIVE
        )
    except Conflict as error:
        if error.code == "email_exists":
            raise links.LinkUsed from error
        raise
    user.birth_date, user.mobile = date.fromisoformat(newcomer.birth_date), newcomer.mobile
    user.save(update_fields=["birth_date", "mobile"])
    return user


@dataclass(frozen=True)
class Person:
    """What a dealer compares with a document, and where the person can be called."""

    first_name: str
    last_name: str
    birth_date: date
    mobile: str = ""


@transaction.atomic
def complete(*, actor: Actor, user: User, person: Person) -> User:
    """Fills in what nobody knew of somebody yet, e.g. of a private customer; what is known stays as it is."""
    added = {name: value for name, value in vars(person).items() if value and not getattr(user, name)}
    if added:
        for name, value in added.items():
            setattr(user, name, value)
        user.save(update_fields=list(added))
        audit.record(actor, "identity.user.completed", on=user, company_id=None, fields=sorted(added))
    return user


@transaction.atomic
def change_market(*, actor: Actor, user: User, market: str) -> User:
    """Makes another market's administrators responsible for a person whose first company is there."""
    if user.market_id != market:
        before, user.market_id = user.market_id, market
        user.save(update_fields=["market"])
        audit.record(actor, "identity.user.market_changed", on=user, company_id=None, market=[before, market])
    return user


def is_complete(user: User) -> bool:
    """Whether a dealer could compare the person with a document."""
    return bool(user.first_name and user.last_name and user.birth_date)


def market_of(language: str) -> Market:
    """The likeliest until the person says in which country the company is."""
    return Market.objects.filter(pk=MARKET_OF_LANGUAGE.get(language)).first() or Market.objects.order_by("pk")[0]


def _owner(email: str) -> User | None:
    address = EmailAddress.objects.select_related("user").filter(email__iexact=email).first()
    return address.user if address else User.objects.filter(email__iexact=email).first()
