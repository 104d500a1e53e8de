"""What a person may know of himself: where he belongs, what he may do, and whom he can ask (ID-13)."""

from collections import defaultdict
from dataclasses import dataclass

from kolonne.portal.companies.models import ApplicationGrant, Company, Membership, Role
from kolonne.portal.companies.queries import rights_given
from kolonne.portal.identity.models import Application, User
from kolonne.portal.lib.scope import company_scope, user_scope


@dataclass(frozen=True)
class Grant:
    """An application and what the person may do in it."""

    application: Application
    rights: list[str]


@dataclass(frozen=True)
class Belonging:
    """A person's place in one organisation."""

    company: Company
    roles: list[str]
    grants: list[Grant]
    administrators: list[User]
    """The others: nobody has to ask himself."""


def belongs_somewhere(user: User) -> bool:
    """Whether a person is in any organisation; a private account is not."""
    with user_scope(user.pk):
        return Membership.objects.filter(user=user).exists()


def belongings_of(user: User) -> list[Belonging]:
    """All organisations of one person, by name; read in the scope of exactly these."""
    with user_scope(user.pk):
        mine = {row.company_id: row for row in Membership.objects.filter(user=user)}
    with company_scope(mine):
        companies = list(Company.objects.select_related("company").filter(pk__in=mine).order_by("name"))
        grants = _grants(list(mine.values()))
        administrators = _administrators(list(mine), user)
    return [
        Belonging(company, mine[company.pk].role_labels, grants[company.pk], administrators[company.pk])
        for company in companies
    ]


def _grants(memberships: list[Membership]) -> dict[int, list[Grant]]:
    rows = ApplicationGrant.objects.select_related("application", "company__company")
    found: dict[int, list[Grant]] = defaultdict(list)
    for row in rows.filter(membership__in=memberships).order_by("application__name"):
        if rights := rights_given(row):
            found[row.company_id].append(Grant(row.application, rights))
    return found


def _administrators(companies: list[int], user: User) -> dict[int, list[User]]:
    """Who can sign in only: it is no use to ask somebody who is locked out himself."""
    rows = Membership.objects.select_related("user").filter(
        company__in=companies, roles__contains=[Role.ADMINISTRATOR], user__is_active=True
    )
    found: dict[int, list[User]] = defaultdict(list)
    for row in rows.exclude(user=user).order_by("user__last_name", "user__first_name"):
        found[row.company_id].append(row.user)
    return found


MOST_SUCCESSORS = 200


def successors(company_id: int, user_id: int) -> tuple[Company, list[Membership]]:
    """A company, and who in it could take over from this person: those who can sign in, administrators first."""
    with company_scope([company_id]):
        company = Company.objects.select_related("company").get(pk=company_id)
        rows = Membership.objects.select_related("user").filter(company=company, user__is_active=True)
        found = rows.exclude(user=user_id).order_by("user__last_name", "user__first_name", "pk")[:MOST_SUCCESSORS]
        return company, sorted(found, key=lambda member: Role.ADMINISTRATOR not in member.roles)
