"""How invited people come into a company (CO-05). An invitation says which company and which roles; nothing that is
posted with it can say otherwise, and the database lets nobody change these afterwards."""

from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Channel, Company, Invitation, Membership, Tenant
from kolonne.portal.companies.queries.invitations import OPEN, Found, invitation_by
from kolonne.portal.identity import actions as identity
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions import PersonData
from kolonne.portal.identity.models import OPEN_STATES, User
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import MAX_LABEL, Actor
from kolonne.portal.lib.errors import Conflict, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope


@dataclass(frozen=True)
class Joined:
    """Who came where."""

    user: User
    company: Company


@transaction.atomic
def join(*, actor: Actor, token: str) -> Joined:
    """The person who acts comes in with the identity that he has.

    Raises NotFound for an unknown link, Conflict for one that opens nothing, for whoever sent it and for whoever is in
    the company already; NotAllowed for somebody who does not act for himself or may not sign in.
    """
    if actor.user_id is None or actor.acting_for is not None:
        raise NotAllowed("companies.invitation")
    found = _take(token)
    user = User.objects.select_for_update(no_key=True).get(pk=actor.user_id)
    if user.state not in OPEN_STATES or user.renewal_until is not None:
        raise NotAllowed("companies.invitation")
    with company_scope([found.company.pk]):
        if found.invitation.invited_by_id == user.pk:
            raise Conflict("own_invitation", "nobody accepts his own invitation")
        if Membership.objects.filter(company=found.company, user=user).exists():
            raise Conflict("already_member", f"{user} is in this company already")
        _come_in(actor, user, found)
    notify.notify(notify.PEOPLE, str(user.pk))  # an open stream asks anew what it may show
    return Joined(user, found.company)


@transaction.atomic
def join_as_newcomer(*, actor: Actor, token: str, person: PersonData, password: str) -> Joined:
    """Somebody without an identity gets one and comes in. Signing in is the next step.

    An invitation by mail gives the address; for one by SMS the caller has seen that `person.email` is the person's.
    Raises NotFound, Invalid; Conflict for a link that opens nothing, and for a user id or an address that somebody has.
    """
    found = _take(token)
    invitation = found.invitation
    email = invitation.address if invitation.channel == Channel.MAIL else person.email
    himself = replace(actor, label=f"{person.first_name} {person.last_name}".strip()[:MAX_LABEL] or person.username)
    with company_scope([found.company.pk]):
        user = identity.create_user(
            actor=himself,
            person=replace(person, email=email),
            market=found.company.market_id,
            password=password,
            company_id=found.company.pk,
        )
        if invitation.channel == Channel.SMS:
            user.mobile = invitation.address
            user.save(update_fields=["mobile"])
        _come_in(replace(himself, user_id=user.pk), user, found)
    return Joined(user, found.company)


def _take(token: str) -> Found:
    """The invitation, locked until the transaction ends; and its company, so that it is not deleted meanwhile."""
    before = invitation_by(token)
    if before is None:
        raise NotFound("the invitation")
    with company_scope([before.company.pk]):
        list(Tenant.objects.select_for_update(no_key=True).filter(pk=before.company.pk).values_list("pk"))
        list(Invitation.objects.select_for_update(no_key=True).filter(pk=before.invitation.pk).values_list("pk"))
    found = invitation_by(token)
    if found is None:  # sent again at this very moment, with a newer link
        raise NotFound("the invitation")
    if found.standing != OPEN:
        raise Conflict(found.standing, f"the invitation is {found.standing}")
    return found


def _come_in(actor: Actor, user: User, found: Found) -> None:
    """Within the company's scope."""
    company, invitation = found.company, found.invitation
    rows = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if rows.update(accepted_at=timezone.now(), accepted_by_id=user.pk) != 1:
        raise Conflict("used", "the invitation was used meanwhile")
    Membership.objects.create(company=company, user=user, roles=invitation.roles)
    audit.record(
        actor, "companies.invitation.accepted", on=user, company_id=company.pk, roles=invitation.roles,
        channel=invitation.channel,
    )  # fmt: skip
    if invitation.invited_by is not None:
        mails.post("invitation_accepted", invitation.invited_by, person=str(user), company=company.name)
