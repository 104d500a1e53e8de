"""People who come into an organisation by invitation (B2-02)."""

from collections.abc import Iterable

from django.db import transaction

from kolonne.portal.companies.actions.organisations import add_member
from kolonne.portal.companies.actions.people import acting_over
from kolonne.portal.companies.models import Company, Membership, Role
from kolonne.portal.companies.queries.directory import require_at
from kolonne.portal.companies.queries.people import WRITE
from kolonne.portal.identity.actions import PersonData, invitations
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope


@transaction.atomic
def invite_person(*, actor: Actor, company: Company, person: PersonData, roles: Iterable[Role]) -> Membership:
    """A new person with roles in an organisation, who is told by mail how to come in. Raises NotAllowed, Invalid;
    Conflict for a user id or an address that somebody has: nobody takes over an account by inviting it."""
    require_at(actor, WRITE, company.company)
    with company_scope([company.pk]):
        user = invitations.invite(
            actor=actor, person=person, market=company.market_id, company_id=company.pk, organisation=company.name
        )
        return add_member(actor=actor, company=company, user=user, roles=roles)


@transaction.atomic
def invite_again(*, actor: Actor, user: User) -> User:
    """Another mail with a fresh link. Raises NotAllowed; Conflict for whoever accepted already."""
    with acting_over(actor, user, WRITE) as (person, company_id):
        company = Company.objects.filter(pk=company_id).first()
        invitations.resend(
            actor=actor, user=person, company_id=company_id, organisation=company.name if company else ""
        )
    return person
