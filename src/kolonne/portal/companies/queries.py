"""Who may do what where: memberships and keys turned into an Actor."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass

from kolonne.portal.companies.models import ApiKey, Membership, Role
from kolonne.portal.identity.models import User
from kolonne.portal.lib import permissions
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import api_key_scope, company_scope, user_scope

API_KEY_PREFIX = "kol_"

_role_rights: dict[str, set[str]] = defaultdict(set)


def allow(role: Role, *names: str) -> None:
    """Lets a role have rights; called by the contexts that define them."""
    _role_rights[role] |= permissions.checked(set(names))


def actor_of(user: User, address: str = "") -> Actor:
    """The person with the rights of all his memberships."""
    with user_scope(user.pk):
        memberships = list(Membership.objects.filter(user=user).values_list("company_id", "roles"))
    rights = {company: frozenset().union(*(_role_rights[role] for role in roles)) for company, roles in memberships}
    return Actor(label=str(user), user_id=user.pk, address=address, rights=rights)


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
    """The holder of a key that exists and is not revoked; else None. Takes the same time either way."""
    digest = hashlib.sha256(token.encode()).digest()
    with api_key_scope(digest):
        key = ApiKey.objects.filter(sha256=digest, revoked_at=None).first()
    if key is None:
        return None
    scopes = frozenset(key.scopes)
    rights = frozenset().union(*(_scope_rights[scope] for scope in scopes))
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
    """Whom to ask (ID-13)."""
    return [member.user for member in members(company_id) if Role.ADMINISTRATOR in member.roles]
