import hashlib
import secrets
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import ApiKey, Company, Market, Membership, Role, Tenant
from kolonne.portal.companies.queries import API_KEY_PREFIX, known_scopes
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope


@transaction.atomic
def create_company(*, actor: Actor, name: str, market: str, time_zone: str = "Europe/Oslo") -> Company:
    """A new tenant. Raises Invalid on an unknown market."""
    if market not in Market.values:
        raise Invalid("unknown_market", f"{market} is not a market", {"market": "one of " + ", ".join(Market.values)})
    tenant = Tenant.objects.create()
    with company_scope([tenant.pk]):
        company = Company.objects.create(company=tenant, name=name, market=market, time_zone=time_zone)
        audit.record(actor, "companies.company.created", on=company, company_id=company.pk)
    return company


@transaction.atomic
def add_member(*, actor: Actor, company: Company, user: User, roles: Iterable[Role]) -> Membership:
    """Puts a person into a company. Raises NotAllowed, Conflict; nobody adds himself (CO-04)."""
    require(actor, "companies.member:write", company.pk)
    if actor.user_id == user.pk:
        raise Conflict("own_role", "nobody gives a role to himself")
    with company_scope([company.pk]):
        if Membership.objects.filter(company=company, user=user).exists():
            raise Conflict("already_member", f"{user} is in this company already")
        membership = Membership.objects.create(company=company, user=user, roles=list(roles))
        audit.record(actor, "companies.member.added", on=membership, company_id=company.pk, roles=membership.roles)
    return membership


@transaction.atomic
def create_api_key(*, actor: Actor, company: Company, name: str, scopes: Iterable[str]) -> tuple[ApiKey, str]:
    """A new key and its token, which is shown this once and never again. Raises NotAllowed, Invalid."""
    require(actor, "companies.apikey:write", company.pk)
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in known_scopes()]
    if unknown or not wanted:
        remedy = "one or several of " + ", ".join(known_scopes())
        raise Invalid("unknown_scope", f"{', '.join(unknown) or 'nothing'} is not a scope", {"scope": remedy})
    token = API_KEY_PREFIX + secrets.token_urlsafe(32)
    with company_scope([company.pk]):
        key = ApiKey.objects.create(
            company=company,
            name=name,
            prefix=token[:10],
            sha256=hashlib.sha256(token.encode()).digest(),
            scopes=wanted,
            created_by_id=actor.user_id,
        )
        audit.record(actor, "companies.apikey.created", on=key, company_id=company.pk, scopes=wanted)
    return key, token


@transaction.atomic
def revoke_api_key(*, actor: Actor, key: ApiKey) -> None:
    """The key opens nothing from now on. Raises NotAllowed, Conflict."""
    require(actor, "companies.apikey:write", key.company_id)
    with company_scope([key.company_id]):
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()) != 1:
            raise Conflict("already_revoked", f"{key} is revoked already")
        audit.record(actor, "companies.apikey.revoked", on=key, company_id=key.company_id)
