"""Who has which rights in which application, for the people of one organisation (ID-12)."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Q

from kolonne.portal.companies.models import AccessRequest, ApplicationGrant, Company, Membership
from kolonne.portal.companies.queries import applications_for, open_access_requests
from kolonne.portal.companies.queries.people import companies_with
from kolonne.portal.identity.models import Application, State
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope

GRANT = "companies.application:grant"
PER_PAGE = 50


@dataclass(frozen=True)
class Cell:
    application: Application
    rights: list[str]


@dataclass(frozen=True)
class Row:
    """A person, and for each application what he may do there."""

    membership: Membership
    cells: list[Cell]
    is_self: bool


@dataclass(frozen=True)
class Matrix:
    company: Company
    applications: list[Application]
    page: "Page[Membership]"
    rows: list[Row]


def company_to_grant_in(actor: Actor) -> Company:
    """The open organisation. Raises NotAllowed to everybody but its administrators."""
    mine = companies_with(actor, GRANT)
    if not mine:
        raise NotAllowed(GRANT)
    with company_scope(mine):
        return Company.objects.select_related("company").get(pk=mine[0])


def matrix_of(actor: Actor, company: Company, search: str, page: str) -> Matrix:
    """A page of people by name. The number of queries does not grow with them."""
    applications = applications_for(company.kind)
    with company_scope([company.pk]):
        members = Membership.objects.filter(company=company).exclude(user__state=State.DELETED).select_related("user")
        for word in search.replace("\0", " ").split()[:8]:
            in_name = Q(user__first_name__icontains=word) | Q(user__last_name__icontains=word)
            members = members.filter(in_name | Q(user__username__icontains=word))
        ordered = members.order_by("user__last_name", "user__first_name", "user__username")
        found = Paginator(ordered, PER_PAGE).get_page(page)
        found.object_list = list(found.object_list)
        grants = ApplicationGrant.objects.filter(membership__in=[member.pk for member in found])
        rights = {(grant.membership_id, grant.application_id): grant.rights for grant in grants}
    rows = [
        Row(
            member,
            [Cell(application, rights.get((member.pk, application.pk), [])) for application in applications],
            member.user_id == actor.user_id,
        )
        for member in found
    ]
    return Matrix(company, applications, found, rows)


def member_for(company: Company, pk: int) -> Membership:
    """Raises NotFound for somebody of another organisation."""
    with company_scope([company.pk]):
        found = Membership.objects.filter(company=company, pk=pk).select_related("user", "company__company").first()
    if found is None:
        raise NotFound("person")
    return found


def application_for(company: Company, code: str) -> Application:
    """Raises NotFound for one that people of this kind of organisation cannot be given."""
    found = next((one for one in applications_for(company.kind) if one.pk == code), None)
    if found is None:
        raise NotFound("application")
    return found


def rights_of(membership: Membership, application: Application) -> list[str]:
    with company_scope([membership.company_id]):
        grant = ApplicationGrant.objects.filter(membership=membership, application=application).first()
    return grant.rights if grant else []


def request_for(company: Company, pk: int) -> AccessRequest:
    """Raises NotFound for one of another organisation, or that was answered meanwhile."""
    found = next((one for one in open_access_requests(company.pk) if one.pk == pk), None)
    if found is None:
        raise NotFound("request")
    return found
