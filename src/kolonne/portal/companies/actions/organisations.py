from collections.abc import Iterable

from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import ROLES, Company, Kind, Membership, Role, Tenant
from kolonne.portal.identity.models import Market, User
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope


@transaction.atomic
def create_company(
    *, actor: Actor, name: str, market: str, kind: Kind = Kind.FLEET, time_zone: str = "Europe/Oslo"
) -> Company:
    """A new organisation. Raises NotAllowed, Invalid on an unknown market."""
    known = list(Market.objects.order_by("code").values_list("code", flat=True))
    if market not in known:
        raise Invalid("unknown_market", f"{market} is not a market", {"market": "one of " + ", ".join(known)})
    if not actor.may_in("companies.organisation:write", market):
        raise NotAllowed("companies.organisation:write")
    tenant = Tenant.objects.create(kind=kind, market_id=market)
    with company_scope([tenant.pk]):
        company = Company.objects.create(company=tenant, name=name, time_zone=time_zone)
        audit.record(actor, "companies.company.created", on=company, company_id=company.pk, kind=kind)
    return company


@transaction.atomic
def add_member(*, actor: Actor, company: Company, user: User, roles: Iterable[Role]) -> Membership:
    """Puts a person into a company. Raises NotAllowed, Invalid, Conflict; nobody adds himself (CO-04)."""
    if not (actor.may_in("companies.member:write", company.market_id)):
        require(actor, "companies.member:write", company.pk)
    if actor.user_id == user.pk:
        raise Conflict("own_role", "nobody gives a role to himself")
    wanted = checked_roles(company, roles)
    with company_scope([company.pk]):
        if Membership.objects.filter(company=company, user=user).exists():
            raise Conflict("already_member", f"{user} is in this company already")
        membership = Membership.objects.create(company=company, user=user, roles=wanted)
        audit.record(actor, "companies.member.added", on=membership, company_id=company.pk, roles=wanted)
    return membership


def checked_roles(company: Company, roles: Iterable[Role]) -> list[Role]:
    """Raises Invalid when a role cannot be held in this kind of organisation."""
    wanted = sorted(set(roles))
    fitting = ROLES[company.kind]
    if not wanted or not set(wanted) <= set(fitting):
        remedy = "one or several of " + ", ".join(fitting)
        raise Invalid(
            "unfit_role", f"{', '.join(wanted) or 'nothing'} is no role in a {company.kind}", {"roles": remedy}
        )
    return wanted
