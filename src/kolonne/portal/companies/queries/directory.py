"""Organisations as somebody finds them: his own, and those of the markets that he helps (B2-03, B2-04, ID-09)."""

from collections import Counter
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import cast

from allauth.mfa.models import Authenticator
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from kolonne.portal.companies.models import Company, Kind, Membership, Role, Tenant
from kolonne.portal.companies.queries import organisations_in
from kolonne.portal.companies.queries.rights import WHILE_LEAVING
from kolonne.portal.identity.models import Market, User
from kolonne.portal.identity.second_factor import FACTORS
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope

READ = "companies.company:read"
WRITE = "companies.company:write"
CREATE = "companies.organisation:write"
PER_PAGE = 50
MOST_DEALERS = 20
CUSTOMERS = (Kind.FLEET, Kind.WORKSHOP)
"""Kinds of organisation that have an after-sales partner (B2-03)."""


def may_at(actor: Actor, right: str, tenant: Tenant) -> bool:
    """Whether somebody may do this in an organisation: as one of its people, or for its market.

    An operator's organisation is its own people's business: its members are the market's helpers themselves.
    """
    if tenant.closed_at is not None or (tenant.leaving_since is not None and right not in WHILE_LEAVING):
        return actor.is_system
    if actor.may(right, tenant.pk):
        return True
    return tenant.kind != Kind.OPERATOR and actor.may_in(right, tenant.market_id)


def require_at(actor: Actor, right: str, tenant: Tenant) -> None:
    """Raises NotAllowed."""
    if not may_at(actor, right, tenant):
        raise NotAllowed(right)


def get_organisation_for(actor: Actor, pk: int) -> Company:
    """Raises NotFound to strangers, as for one that does not exist."""
    tenant = Tenant.objects.filter(pk=pk).first()
    if tenant is None or not may_at(actor, READ, tenant):
        raise NotFound("organisation")
    with company_scope([pk]):
        return Company.objects.select_related("company__market").get(pk=pk)


@dataclass(frozen=True)
class Dealer:
    """What everybody in a market may know of a dealer, to choose him as partner; and nothing else of him."""

    pk: int
    name: str
    city: str

    def __str__(self) -> str:
        return ", ".join(part for part in (self.name, self.city) if part)


def dealers_in(market: str, search: str = "") -> list[Dealer]:
    """By name; every word of the search must be in name or place. At most `MOST_DEALERS`."""
    ids = list(Tenant.objects.filter(market=market, kind=Kind.DEALER).values_list("pk", flat=True))
    with company_scope(ids):
        found = with_words(Company.objects.filter(pk__in=ids), search, "name", "city")
        rows = found.order_by("name", "pk").values_list("pk", "name", "city")[:MOST_DEALERS]
        return [Dealer(*row) for row in rows]


def dealer(pk: int | None) -> Dealer | None:
    """A dealer by his id."""
    if pk is None or not Tenant.objects.filter(pk=pk, kind=Kind.DEALER).exists():
        return None
    with company_scope([pk]):
        row = Company.objects.filter(pk=pk).values_list("pk", "name", "city").first()
    return Dealer(*row) if row else None


def with_words(companies: QuerySet[Company], search: str, *fields: str) -> QuerySet[Company]:
    """Those in which every word of a search is found, in one or another of the fields."""
    words = search.replace("\0", " ").split()[:8]
    tests = [reduce(lambda one, other: one | other, (Q(**{f"{f}__icontains": word}) for f in fields)) for word in words]
    return companies.filter(reduce(and_, tests)) if tests else companies


@dataclass(frozen=True)
class People:
    """How many people an organisation has. Those who were deleted do not count."""

    total: int
    roles: list[tuple[str, int]]
    """(words, people) in the order of `Role`; somebody with two roles counts in both."""
    without_factor: int
    administrators: list[User]


def people_of(company: Company) -> People:
    """Who is in an organisation, in numbers, and its administrators by name (ID-13)."""
    with company_scope([company.pk]):
        members = Membership.objects.filter(company=company).exclude(user__state="deleted")
        roles = list(members.values_list("roles", flat=True))
        chiefs = members.filter(roles__contains=[Role.ADMINISTRATOR]).select_related("user")
        administrators = [row.user for row in chiefs.order_by("user__last_name", "user__first_name", "pk")]
        factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS)
        without = members.filter(~Exists(factors), user__is_active=True).count()
    counts = Counter(role for some in roles for role in some)
    return People(
        total=len(roles),
        roles=[(str(role.label), counts[role]) for role in Role if counts[role]],
        without_factor=without,
        administrators=administrators,
    )


@dataclass(frozen=True)
class Wanted:
    """What the list of organisations shows."""

    search: str = ""
    kind: str = ""
    page: str = "1"


@dataclass(frozen=True)
class Listing:
    """A page of organisations, each with `people`; and how many there are of each kind."""

    page: "Page[Company]"
    kinds: dict[str, int]
    partners: dict[int, str]


def markets_of(actor: Actor, right: str) -> list[Market]:
    """Where somebody may do something in all organisations."""
    codes = sorted(code for code, rights in actor.markets.items() if right in rights)
    return list(Market.objects.filter(pk__in=codes).order_by("pk"))


def list_organisations(actor: Actor, wanted: Wanted) -> Listing:
    """A page of the organisations of the actor's markets, by name. The number of queries does not grow with them."""
    ids = organisations_in(market.pk for market in markets_of(actor, READ))
    with company_scope(ids):
        own_or_no_operator = ~Q(company__kind=Kind.OPERATOR) | Q(pk__in=actor.company_ids)
        found = Company.objects.filter(own_or_no_operator, pk__in=ids)
        found = with_words(found, wanted.search, "name", "city", "postal_code", "customer_number")
        kinds = dict(found.order_by().values_list("company__kind").annotate(Count("pk")))
        chosen = found.filter(company__kind=wanted.kind) if wanted.kind else found
        people = Count("memberships", filter=~Q(memberships__user__state="deleted"))
        rows = chosen.select_related("company__market").annotate(people=people).order_by("name", "pk")
        page = cast("Page[Company]", Paginator(rows, PER_PAGE).get_page(wanted.page))
        page.object_list = list(page.object_list)
        partners = Company.objects.filter(pk__in={row.partner_id for row in page} - {None})
        return Listing(page, kinds, dict(partners.values_list("pk", "name")))
