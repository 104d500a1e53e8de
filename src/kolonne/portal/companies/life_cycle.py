"""What organisations add to the life cycle of people: who revives them, what is exported and what is erased."""

from typing import Any

from kolonne.portal.companies.models import ApplicationGrant, Membership
from kolonne.portal.companies.queries import administrators
from kolonne.portal.identity.models import OPEN_STATES, PrivateProfile, User
from kolonne.portal.lib.scope import company_scope, user_scope


def who_revives(user: User) -> list[str]:
    """Names of the administrators who may; the same people as `queries.rights_over` allows it to."""
    companies = _companies_of(user)
    if len(companies) != 1 or PrivateProfile.objects.filter(user=user).exists():
        return []
    others = [one for one in administrators(companies[0]) if one.pk != user.pk and one.state in OPEN_STATES]
    return [str(one) for one in others]


def export(user: User) -> list[dict[str, Any]]:
    """Memberships with their roles and access rights, for the person himself."""
    with company_scope(_companies_of(user)):
        memberships = Membership.objects.filter(user=user).select_related("company").order_by("company__name")
        grants = ApplicationGrant.objects.filter(membership__user=user).select_related("application")
        rights: dict[int, list[dict[str, Any]]] = {}
        for grant in grants.order_by("application__name"):
            about = {"granted_by": grant.granted_by, "granted_at": grant.granted_at, "rights": grant.rights}
            rights.setdefault(grant.membership_id, []).append({"application": grant.application.name, **about})
        return [
            {"organisation": one.company.name, "roles": one.roles, "since": one.since, "access": rights.get(one.pk, [])}
            for one in memberships
        ]


def _companies_of(user: User) -> list[int]:
    with user_scope(user.pk):
        return list(Membership.objects.filter(user=user).order_by("pk").values_list("company_id", flat=True))
