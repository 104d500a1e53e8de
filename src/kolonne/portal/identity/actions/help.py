"""Requests of people who cannot sign in (ID-07): what they typed, for the helpers to compare with what is stored."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import limits, mails
from kolonne.portal.identity.models import HelpRequest, HelpState, Language, Market, State, User
from kolonne.portal.lib import sealing
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict

KEPT = timedelta(days=30)
VERBS = {HelpState.DONE: "identity.help.done", HelpState.REFUSED: "identity.help.refused"}
MARKET_OF_LANGUAGE = {Language.GERMAN.value: "de", Language.NORWEGIAN.value: "no"}


@dataclass(frozen=True)
class HelpData:
    """Exactly what the form asks for."""

    user_id_given: str
    first_name: str
    last_name: str
    email: str
    company_name: str
    company_address: str


def file_request(*, data: HelpData, language: str, address: str) -> None:
    """The same work whoever is meant, so that the form tells nobody who exists; a job does the rest."""
    sealed = sealing.seal(json.dumps({"data": asdict(data), "language": language, "address": address}))
    app.configure_task("identity.ask_for_help").defer(sealed=sealed)


@transaction.atomic
def ask_for_help(*, actor: Actor, data: HelpData, language: str) -> HelpRequest:
    """Puts the request before the helpers of whom it is about, and tells that account's own address of it."""
    user = _meant(data)
    market = user.market if user else _market_of(language)
    request = HelpRequest.objects.create(**asdict(data), user=user, market=market)
    if user is not None:
        audit.record(actor, "identity.help.asked", on=user, company_id=None)
        if limits.allows("help_mail", user.pk):
            mails.post("help_asked", user)
    return request


def _meant(data: HelpData) -> User | None:
    """By user id, else by address; nobody who was deleted."""
    people = User.objects.select_related("market").exclude(state=State.DELETED)
    by_id = people.filter(username__iexact=data.user_id_given.strip()).first()
    return by_id or people.filter(email__iexact=data.email.strip()).exclude(email="").first()


def _market_of(language: str) -> Market:
    return Market.objects.filter(pk=MARKET_OF_LANGUAGE.get(language)).first() or Market.objects.order_by("pk")[0]


@transaction.atomic
def answer(*, actor: Actor, request: HelpRequest, state: HelpState) -> HelpRequest:
    """A helper is done with it. The caller checks his right. Raises Conflict when another helper was faster."""
    now = timezone.now()
    changed = HelpRequest.objects.filter(pk=request.pk, state=HelpState.OPEN).update(
        state=state, handled_at=now, handled_by=actor.label
    )
    request.refresh_from_db()
    if changed != 1:
        raise Conflict("already_answered", f"{request.handled_by} answered it", state=request.state)
    audit.record(actor, VERBS[state], on=request.user or request, company_id=None)
    return request


def forget_old(*, now: datetime) -> int:
    """Deletes what nobody needs any more: answered, or about nobody whom we know. Says how many."""
    before = now - KEPT
    answered = ~Q(state=HelpState.OPEN) & Q(handled_at__lt=before)
    return HelpRequest.objects.filter(answered | Q(user=None, created_at__lt=before)).delete()[0]
