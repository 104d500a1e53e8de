"""Invitations: what a link opens, and which ones wait for an answer (CO-05)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.utils import timezone

from kolonne.portal.companies.models import Company, Invitation, Kind, Membership, Role, Tenant
from kolonne.portal.companies.queries.directory import may_at
from kolonne.portal.companies.queries.people import WRITE, companies_with, own_organisations
from kolonne.portal.identity.models import OPEN_STATES, Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import company_scope, invitation_scope

PER_PAGE = 20
OPEN = "open"
CLOSED = ("used", "revoked", "expired", "leaving", "unverified", "inviter")
"""Why an invitation opens nothing: used or taken back, too old, the company is being deleted or waits for a dealer
(VE-01), or whoever invited may not invite any more."""


def digest_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True)
class Found:
    """An invitation with its company, and what it opens now."""

    invitation: Invitation
    company: Company
    standing: str
    """OPEN or one of CLOSED."""

    @property
    def inviter(self) -> str:
        """Who sent it last."""
        by = self.invitation.invited_by
        return str(by) if by else self.invitation.inviter


def invitation_by(token: str) -> Found | None:
    """What a link belongs to; None for one that was altered, or replaced by a newer one."""
    digest = digest_of(token)
    with invitation_scope(digest):
        invitation = Invitation.objects.filter(token_sha256=digest).first()
    if invitation is None:
        return None
    with company_scope([invitation.company_id]):
        invitation = Invitation.objects.select_related("invited_by", "company__company").get(pk=invitation.pk)
        company = invitation.company
    inviters = who_may_invite(company, [invitation.invited_by_id])
    return Found(invitation, company, standing_of(invitation, company, inviters, timezone.now()))


def standing_of(invitation: Invitation, company: Company, inviters: set[int | None], now: datetime) -> str:
    """What became of it, or OPEN."""
    if invitation.accepted_at:
        return "used"
    if invitation.revoked_at:
        return "revoked"
    if company.company.leaving_since or company.company.closed_at:
        return "leaving"
    if invitation.expires_at <= now:
        return "expired"
    if company.verification != Verification.VERIFIED:
        return "unverified"
    return OPEN if invitation.invited_by_id in inviters else "inviter"


def who_may_invite(company: Company, people: Iterable[int | None]) -> set[int | None]:
    """Those of these people who may still invite: what somebody sent loses its force with his right to send it.

    None is the system itself, which may.
    """
    ids = {pk for pk in people if pk is not None}
    operators = Tenant.objects.filter(kind=Kind.OPERATOR, market=company.market_id, closed_at=None)
    role_at: dict[int, Role] = dict.fromkeys(operators.values_list("pk", flat=True), Role.MARKET_ADMINISTRATOR)
    role_at[company.pk] = Role.ADMINISTRATOR
    with company_scope(role_at):
        rows = Membership.objects.filter(user__in=ids, user__state__in=OPEN_STATES, company__in=list(role_at))
        held = list(rows.values_list("company_id", "roles", "user_id"))
    return {None, *(user for place, roles, user in held if role_at[place] in roles)}


@dataclass(frozen=True)
class Waiting:
    """An invitation that nobody accepted or took back."""

    invitation: Invitation
    standing: str
    inviter: str


def list_waiting(company: Company, page: str) -> "Page[Waiting]":
    """A page of them, the newest first; the number of queries does not grow with them."""
    with company_scope([company.pk]):
        rows = Invitation.objects.filter(company=company, accepted_at=None, revoked_at=None)
        chosen = Paginator(rows.select_related("invited_by").order_by("-sent_at", "-pk"), PER_PAGE).get_page(page)
        found = list(chosen.object_list)
    inviters, now = who_may_invite(company, [row.invited_by_id for row in found]), timezone.now()
    waiting = [
        Waiting(row, standing_of(row, company, inviters, now), str(row.invited_by or row.inviter)) for row in found
    ]
    return cast("Page[Waiting]", Page(waiting, chosen.number, cast(Any, chosen.paginator)))


def get_invitation_for(actor: Actor, pk: int) -> Invitation:
    """One whose company's people the actor manages. Raises NotFound."""
    with company_scope(own_organisations(actor)):
        found = Invitation.objects.select_related("company__company").filter(pk=pk).first()
    if found is None or not may_at(actor, WRITE, found.company.company):
        raise NotFound("invitation")
    return found


def company_to_invite_to(actor: Actor, wanted: int | None) -> Company | None:
    """The fleet company whose invitations a list of people shows beside them: the one that it is filtered by, or the
    open one; None where the actor invites nobody."""
    ids = [pk for pk in own_organisations(actor) if pk == wanted] if wanted else companies_with(actor, WRITE)[:1]
    with company_scope(ids):
        company = Company.objects.select_related("company").filter(pk__in=ids, company__kind=Kind.FLEET).first()
    return company if company is not None and may_at(actor, WRITE, company.company) else None
