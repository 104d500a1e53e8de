"""Who may do what where: memberships and keys turned into an Actor."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kolonne.portal.companies.models import (
    STRONG_ROLES,
    AccessRequest,
    ApiKey,
    ApplicationGrant,
    Company,
    Kind,
    Membership,
    Role,
    Tenant,
)
from kolonne.portal.identity.models import OPEN_STATES, Application, PrivateProfile, User
from kolonne.portal.lib import permissions
from kolonne.portal.lib.actor import MAX_LABEL, Actor
from kolonne.portal.lib.scope import api_key_scope, company_scope, user_scope

API_KEY_PREFIX = "kol_"

WHILE_LEAVING = frozenset(
    {
        "companies.company:read",
        "companies.member:read",
        "companies.audit:read",
        "companies.company:export",
        "companies.company:delete",
    }
)
"""What people of a company keep there once its deletion was ordered (CO-07): they may look, take their data, and
whoever may order the deletion may take the order back."""

_role_rights: dict[tuple[str, str], set[str]] = defaultdict(set)
"""By kind of organisation and role."""
_market_rights: dict[str, set[str]] = defaultdict(set)


def allow(role: Role, *names: str, kinds: Iterable[Kind] = tuple(Kind)) -> None:
    """Lets a role have rights, in organisations of these kinds only; called by the contexts that define them."""
    for kind in kinds:
        _role_rights[kind, role] |= permissions.checked(set(names))


def allow_in_market(role: Role, *names: str) -> None:
    """Lets a role in an operator's organisation have rights in all organisations of its market."""
    _market_rights[role] |= permissions.checked(set(names))


def left_at(tenant: Tenant, rights: frozenset[str]) -> frozenset[str]:
    """What is left of somebody's rights in an organisation that is being deleted: little; in a closed one nothing."""
    if tenant.closed_at is not None:
        return frozenset()
    return rights if tenant.leaving_since is None else rights & WHILE_LEAVING


def actor_of(user: User, address: str = "") -> Actor:
    """The person with the rights of all his memberships."""
    rights: dict[int, frozenset[str]] = {}
    markets: dict[str, frozenset[str]] = {}
    for company, tenant, roles in _memberships(user.pk):
        rights[company] = left_at(tenant, _rights(tenant, roles))
        if tenant.kind == Kind.OPERATOR and tenant.leaving_since is None and tenant.closed_at is None:
            markets[tenant.market_id] = markets.get(tenant.market_id, frozenset()).union(
                *(_market_rights[role] for role in roles)
            )
    return Actor(label=str(user)[:MAX_LABEL], user_id=user.pk, address=address, rights=rights, markets=markets)


def _memberships(user_id: int) -> list[tuple[int, Tenant, list[str]]]:
    """Of one person, in all companies: id, what is public of it, and the roles there."""
    with user_scope(user_id):
        rows = dict(Membership.objects.filter(user_id=user_id).values_list("company_id", "roles"))
    return [(tenant.pk, tenant, rows[tenant.pk]) for tenant in Tenant.objects.filter(pk__in=rows)] if rows else []


def who_may_still(right: str, company_id: int, makers: Iterable[int | None]) -> set[int | None]:
    """Of those who made something (a code), who may do now what it does: it is worth no more than that. Whoever is
    blocked may nothing; None stands for the operator, who always may."""
    asked = set(makers)
    people = asked - {None}
    if not people:
        return asked
    tenant = Tenant.objects.get(pk=company_id)
    with company_scope([company_id]):
        rows = Membership.objects.filter(company_id=company_id, user__in=people, user__state__in=OPEN_STATES)
        found = list(rows.values_list("user_id", "roles"))
    allowed = {user for user, roles in found if right in left_at(tenant, _rights(tenant, roles))}
    return allowed | (asked & {None})


def _rights(tenant: Tenant, roles: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(_role_rights[tenant.kind, role] for role in roles))


def has_strong_role(user: User) -> bool:
    """Whether a role of this person, or a rule of one of his companies, asks for a second factor (ID-10)."""
    memberships = _memberships(user.pk)
    if any(STRONG_ROLES.intersection(roles) for _, _, roles in memberships):
        return True
    companies = [company for company, _, _ in memberships]
    with company_scope(companies):
        return Company.objects.filter(pk__in=companies, second_factor_for_all=True).exists()


def rights_over(actor: Actor, user: User) -> frozenset[str]:
    """What somebody may do to another person as his administrator or helper (ID-06, ID-09); nothing to himself.

    An organisation's administrator: if the person belongs to no other organisation and has no private account,
    because a reset would open those too. A market's helper: if the person's market is his, and the person is no helper
    himself.
    """
    if actor.user_id == user.pk:
        return frozenset()
    if actor.is_system:
        return frozenset(permissions.known())
    memberships = _memberships(user.pk)
    over: frozenset[str] = frozenset()
    if len(memberships) == 1 and not PrivateProfile.objects.filter(user=user).exists():
        over |= actor.rights.get(memberships[0][0], frozenset())
    if user.market_id in actor.markets and all(
        tenant.market_id == user.market_id and tenant.kind != Kind.OPERATOR for _, tenant, _ in memberships
    ):
        over |= actor.markets[user.market_id]
    return over


def organisations_in(markets: Iterable[str]) -> list[int]:
    """Ids of all organisations of some markets that are not closed, to open their scope for a market's helper."""
    open_ones = Tenant.objects.filter(market__in=list(markets), closed_at=None)
    return list(open_ones.order_by("pk").values_list("pk", flat=True))


@dataclass(frozen=True)
class KeyHolder:
    """A program that showed a valid key."""

    key_id: int
    company_id: int
    scopes: frozenset[str]
    actor: Actor


_scope_rights: dict[str, set[str]] = defaultdict(set)


def scope_allows(scope: str, *names: str) -> None:
    """Lets keys with a scope use rights; called by the contexts that define them. Makes the scope known."""
    _scope_rights[scope] |= permissions.checked(set(names))


def known_scopes() -> list[str]:
    return sorted(_scope_rights)


def rights_of_scopes() -> dict[str, frozenset[str]]:
    """What a key with each scope may do, for the reference page."""
    return {scope: frozenset(_scope_rights[scope]) for scope in known_scopes()}


def authenticate_api_key(token: str, address: str = "") -> KeyHolder | None:
    """The holder of a key that exists and is not revoked; else None. Takes the same time either way.

    A key of a company that is being deleted exists, and opens nothing.
    """
    digest = hashlib.sha256(token.encode()).digest()
    with api_key_scope(digest):
        key = ApiKey.objects.filter(sha256=digest, revoked_at=None).first()
    if key is None:
        return None
    tenant = Tenant.objects.get(pk=key.company_id)
    rights = left_at(tenant, frozenset().union(*(_scope_rights[scope] for scope in key.scopes)))
    scopes = frozenset(scope for scope in key.scopes if _scope_rights[scope] & rights)
    actor = Actor(label=f"key {key.name}", address=address, rights={key.company_id: rights})
    return KeyHolder(key_id=key.pk, company_id=key.company_id, scopes=scopes, actor=actor)


def members(company_id: int) -> list[Membership]:
    """People of one company with their user rows, by name."""
    with company_scope([company_id]):
        return list(
            Membership.objects.filter(company_id=company_id)
            .select_related("user", "company")
            .order_by("user__last_name", "user__first_name", "pk")
        )


def administrators(company_id: int) -> list[User]:
    """Whom to ask (ID-13), by name."""
    with company_scope([company_id]):
        rows = Membership.objects.filter(company_id=company_id, roles__contains=[Role.ADMINISTRATOR])
        ordered = rows.select_related("user").order_by("user__last_name", "user__first_name", "pk")
        return [member.user for member in ordered]


def fits(application: Application, kind: Kind) -> bool:
    """Whether people of this kind of organisation can be given the application."""
    return bool(application.rights) and (not application.kinds or kind in application.kinds)


def applications_for(kind: Kind) -> list[Application]:
    """What people of this kind of organisation can be given, by name (ID-12)."""
    return [application for application in Application.objects.order_by("name") if fits(application, kind)]


def rights_given(grant: ApplicationGrant) -> list[str]:
    """What a grant still gives: an application may have lost rights, or be for other organisations by now."""
    known = grant.application.rights if fits(grant.application, grant.company.kind) else []
    return [right for right in grant.rights if right in known]


def rights_in_applications(user: User) -> list[tuple[Company, Application, list[str]]]:
    """A person's access rights in all his organisations, by organisation and application (ID-13)."""
    with company_scope(company for company, tenant, _ in _memberships(user.pk) if tenant.leaving_since is None):
        grants = ApplicationGrant.objects.filter(membership__user=user).select_related(
            "company__company", "application"
        )
        ordered = grants.order_by("company__name", "company_id", "application__name")
        return [(grant.company, grant.application, rights) for grant in ordered if (rights := rights_given(grant))]


def open_access_requests(company_id: int) -> list[AccessRequest]:
    """What people of a company asked for and nobody answered, oldest first (B2-01)."""
    with company_scope([company_id]):
        asked = AccessRequest.objects.filter(company_id=company_id)
        return list(asked.select_related("membership__user", "company__company", "application").order_by("asked_at"))
