"""People are asked to come into a fleet company, by mail or SMS (CO-05). How they accept stands in `joining`."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.actions.organisations import checked_roles
from kolonne.portal.companies.gate import require_verified
from kolonne.portal.companies.models import Channel, Company, Invitation, Kind, Membership, Role
from kolonne.portal.companies.queries.directory import require_at
from kolonne.portal.companies.queries.invitations import OPEN, Found, digest_of, invitation_by
from kolonne.portal.companies.queries.people import WRITE
from kolonne.portal.identity import limits, mails
from kolonne.portal.identity.models import Language, User
from kolonne.portal.lib import sealing, sms
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.dates import long_date
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.phone import mobile_number
from kolonne.portal.lib.scope import all_companies, company_scope

LIFETIME = timedelta(days=settings.INVITATION_DAYS)
TOKEN_BYTES = 16
KEPT = timedelta(days=30)
"""How long one that was accepted or taken back, or that is too old, stays for the page that says so."""


@dataclass(frozen=True)
class Invitee:
    """Who is asked. The names are only what the administrator calls the person until he gives his own."""

    channel: Channel
    address: str
    first_name: str = ""
    last_name: str = ""
    language: str = Language.ENGLISH


def understood(text: str, country: str) -> tuple[Channel, str]:
    """An e-mail address in lower case, or a mobile number as E.164, from one field for both. Raises Invalid."""
    if "@" not in text:
        return Channel.SMS, mobile_number(text, country)
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid("invalid_email", "this is no e-mail address", {"address": "name@example.com"}) from error
    return Channel.MAIL, email


@transaction.atomic
def invite(*, actor: Actor, company: Company, invitee: Invitee, roles: Iterable[Role]) -> Invitation:
    """Asks somebody into the company; he has it in writing when the job has run.

    Raises NotAllowed, Invalid; Conflict while the company is not verified (VE-01) or is being deleted, for somebody who
    is in it or is asked already, and when too many were asked today.
    """
    _check(actor, company)
    wanted = checked_roles(company, roles)
    channel, address = understood(invitee.address, company.market_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with company_scope([company.pk]):
        _refuse_members(company, channel, address)
        now = timezone.now()
        waiting = Invitation.objects.filter(company=company, address=address, accepted_at=None, revoked_at=None)
        waiting.filter(expires_at__lte=now).update(revoked_at=now)
        _refuse_too_many(company, address)
        about = {"first_name": invitee.first_name, "last_name": invitee.last_name, "language": invitee.language}
        try:
            with transaction.atomic():
                invitation = Invitation.objects.create(
                    company=company, channel=channel, address=address, roles=wanted, **about, **_sender(actor),
                    **_validity(token, now),
                )  # fmt: skip
        except IntegrityError as error:
            raise Conflict("already_invited", "this address is invited already", field="address") from error
        audit.record(
            actor, "companies.invitation.sent", on=invitation, company_id=company.pk, channel=channel, roles=wanted
        )
    _post(token)
    return invitation


@transaction.atomic
def resend(*, actor: Actor, invitation: Invitation) -> Invitation:
    """Another message with a new link; the old one opens nothing from now on. Raises as `invite` does."""
    company = _company_of(invitation)
    _check(actor, company)
    token, now = secrets.token_urlsafe(TOKEN_BYTES), timezone.now()
    with company_scope([company.pk]):
        _refuse_members(company, Channel(invitation.channel), invitation.address)
        _refuse_too_many(company, invitation.address)
        renewed = {**_validity(token, now), "invited_by_id": actor.user_id}
        if _open(invitation).update(**renewed) != 1:
            raise Conflict("answered", "the invitation was accepted or taken back meanwhile")
        invitation.refresh_from_db()
        audit.record(actor, "companies.invitation.sent_again", on=invitation, company_id=company.pk)
    _post(token)
    return invitation


@transaction.atomic
def revoke(*, actor: Actor, invitation: Invitation) -> None:
    """Takes it back: its link says so and opens nothing. Raises NotAllowed, Conflict for one that was answered."""
    company = _company_of(invitation)
    require_at(actor, WRITE, company.company)
    with company_scope([company.pk]):
        if _open(invitation).update(revoked_at=timezone.now()) != 1:
            raise Conflict("answered", "the invitation was accepted or taken back meanwhile")
        audit.record(actor, "companies.invitation.revoked", on=invitation, company_id=company.pk)


def deliver(*, token: str) -> bool:
    """The job's part: sends the message, unless it would lead nowhere by now. Raises what the mail server or the
    provider of SMS raises; the next try sends the same message."""
    found = invitation_by(token)
    if found is None or found.standing != OPEN:
        return False
    link = settings.PUBLIC_URL + reverse("join", kwargs={"token": token})
    # By the hash and not by the token: it names a file.
    key = f"invitation-{digest_of(token).hex()[:24]}"
    if found.invitation.channel == Channel.SMS:
        sms.send(sms.Sms(key, found.invitation.address, _in_an_sms(found, link)))
        return True
    facts = {"inviter": found.inviter, "company": found.company.name, "roles": found.invitation.roles, "link": link}
    about = mails.support_of(found.company.company.market, found.invitation.language)
    on = _day(found.invitation)
    mails.deliver(
        "company_invitation", found.invitation.address, found.invitation.language, {**about, **facts, "on": on},
        number=key,
    )  # fmt: skip
    return True


def _in_an_sms(found: Found, link: str) -> str:
    with translation.override(found.invitation.language):
        names = {"inviter": _in_line(found.inviter), "company": _in_line(found.company.name)}
        words = _("%(inviter)s invites you to %(company)s in Kolonne. Open %(link)s until %(on)s.")
        return words % {**names, "link": link, "on": _day(found.invitation)}


def _in_line(name: str) -> str:
    """Names of others are words in a line, and never an address that a telephone makes a link of."""
    return " ".join(name.replace("/", " ").replace(".", ". ").split())[:60]


def _day(invitation: Invitation) -> str:
    return long_date(invitation.expires_at.date(), invitation.language)


def forget_old(*, now: datetime) -> int:
    """Deletes invitations that have opened nothing for KEPT; says how many. The audit keeps that there were some."""
    deleted = 0
    for company in all_companies():
        with company_scope([company]):
            rows = Invitation.objects.filter(company=company)
            for closed in ("accepted_at", "revoked_at", "expires_at"):
                deleted += rows.filter(**{f"{closed}__lt": now - KEPT}).delete()[0]
    return deleted


def forget_person(actor: Actor, user: User) -> None:
    """Deletes what invitations say of somebody who is erased: those that he sent, and those that were for him."""
    with company_scope(all_companies()):
        for whose in ({"invited_by": user}, {"accepted_by": user}):
            Invitation.objects.filter(**whose).delete()
        for address in (user.email.lower(), user.mobile):
            if address:
                Invitation.objects.filter(address=address).delete()


def _check(actor: Actor, company: Company) -> None:
    require_at(actor, WRITE, company.company)
    if company.kind != Kind.FLEET:
        raise Conflict("unfit_kind", f"people of a {company.kind} are created, not invited")
    if company.company.leaving_since or company.company.closed_at:
        raise Conflict("leaving", f"{company} is being deleted")
    require_verified(actor, company)


def _company_of(invitation: Invitation) -> Company:
    with company_scope([invitation.company_id]):
        return Company.objects.select_related("company").get(pk=invitation.company_id)


def _refuse_members(company: Company, channel: Channel, address: str) -> None:
    """Within the company's scope."""
    field = "user__email__iexact" if channel == Channel.MAIL else "user__mobile"
    if Membership.objects.filter(company=company, **{field: address}).exists():
        raise Conflict("already_member", "somebody with this address is in the company already", field="address")


def _refuse_too_many(company: Company, address: str) -> None:
    """Messages to strangers cost money and patience."""
    to = hashlib.sha256(address.encode()).hexdigest()
    if not limits.allows("invitation_to", to) or not limits.allows("invitation", company.pk):
        raise Conflict("too_many_invitations", "too many invitations today", field="address")


def _sender(actor: Actor) -> dict[str, object]:
    return {"inviter": actor.label, "invited_by_id": actor.user_id}


def _validity(token: str, now: datetime) -> dict[str, object]:
    return {"token_sha256": digest_of(token), "sent_at": now, "expires_at": now + LIFETIME}


def _open(invitation: Invitation) -> QuerySet[Invitation]:
    return Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)


def _post(token: str) -> None:
    """Sealed: whoever reads the table of jobs learns neither a link nor a number."""
    app.configure_task("companies.send_invitation").defer(sealed=sealing.seal(token))
