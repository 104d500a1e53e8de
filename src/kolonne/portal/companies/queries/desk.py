"""What the people of a dealer see of the customers that came to them, and nothing of others (VE-04)."""

from dataclasses import dataclass
from typing import cast

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.utils import timezone

from kolonne.portal.companies import hooks
from kolonne.portal.companies.hooks import CheckItem
from kolonne.portal.companies.models import Company, Tenant, VerificationCase
from kolonne.portal.companies.queries.directory import CUSTOMERS, with_words
from kolonne.portal.companies.queries.verification import must_renew
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.identity.personal_data import PersonalData
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import case_scope, company_scope, dealer_scope

READ = "companies.customer:read"
WRITE = "companies.case:write"
PER_PAGE = 50
MOST_OPEN = 100


def desk_of(actor: Actor) -> int:
    """The open dealer of somebody who may see its customers. Raises NotFound to everybody else."""
    pk = next((pk for pk in actor.company_ids if actor.may(READ, pk)), None)
    if pk is None:
        raise NotFound("page")
    return pk


@dataclass(frozen=True)
class Wanted:
    """What the list of customers shows."""

    search: str = ""
    page: str = "1"


@dataclass(frozen=True)
class Desk:
    """The work list of a dealer, and a page of his customers."""

    dealer: Company
    open: list[VerificationCase]
    """With company and person; oldest first."""
    page: "Page[Company]"
    is_searched: bool


def look_at_desk(dealer_id: int, wanted: Wanted) -> Desk:
    """Everything of the dealer's first page. The number of queries does not grow with the customers."""
    with company_scope([dealer_id]):
        dealer = Company.objects.select_related("company__market").get(pk=dealer_id)
    ids = customers_of(dealer_id)
    with company_scope(ids):
        waiting = VerificationCase.objects.filter(dealer=dealer_id, closed_at=None, expires_at__gt=timezone.now())
        rows = waiting.select_related("company__company", "person", "proposed_by").order_by("opened_at", "pk")
        return Desk(dealer, list(rows[:MOST_OPEN]), _page(ids, dealer_id, wanted), bool(wanted.search))


def customers_of(dealer_id: int) -> list[int]:
    """Ids of companies that chose this dealer as partner or came to him with a case, and still exist."""
    with dealer_scope(dealer_id):
        ids = set(Company.objects.filter(partner=dealer_id).values_list("pk", flat=True))
        ids |= set(VerificationCase.objects.filter(dealer=dealer_id).values_list("company_id", flat=True))
    return sorted(Tenant.objects.filter(pk__in=ids, closed_at=None, kind__in=CUSTOMERS).values_list("pk", flat=True))


def _page(ids: list[int], dealer_id: int, wanted: Wanted) -> "Page[Company]":
    """Within the customers' scope."""
    found = with_words(Company.objects.filter(pk__in=ids), wanted.search, "name", "city", "customer_number")
    ours = Q(cases__dealer=dealer_id)
    rows = found.select_related("company").annotate(cases_here=Count("cases", filter=ours)).order_by("name", "pk")
    page = cast("Page[Company]", Paginator(rows, PER_PAGE).get_page(wanted.page))
    page.object_list = list(page.object_list)
    return page


def get_customer_for(actor: Actor, pk: int) -> Company:
    """Raises NotFound for whoever is no customer of the actor's dealer."""
    if pk not in customers_of(desk_of(actor)):
        raise NotFound("customer")
    with company_scope([pk]):
        return Company.objects.select_related("company__market").get(pk=pk)


def case_of_code(code: str) -> VerificationCase | None:
    """Whose code this is, opened or not; None for one that nobody has."""
    with case_scope(code):
        return VerificationCase.objects.filter(code=code).first() if code else None


@dataclass(frozen=True)
class CaseView:
    """What a dealer sees of one case that he opened."""

    case: VerificationCase
    company: Company
    person: User
    items: list[CheckItem]
    """Those that wait; after the decision all of them."""
    asks_company: bool
    """Whether the company itself is to be compared: a verified one is not again."""

    @property
    def stored(self) -> PersonalData:
        return PersonalData.of(self.person)

    @property
    def seen(self) -> str:
        """Tells whether person and company are still as the dealer compared them."""
        return f"{self.stored.fingerprint}-{self.company.generation}"

    @property
    def was_changed(self) -> bool:
        """Whether the person's data are others than when the case was opened."""
        return self.case.opened_data != self.stored.fingerprint

    @property
    def is_proposed(self) -> bool:
        """Whether somebody checked from afar what stands there now (VE-05)."""
        return self.case.proposed_at is not None and self.case.proposal.get("seen") == self.seen

    @property
    def is_open(self) -> bool:
        return self.case.closed_at is None and self.case.expires_at > timezone.now()


def get_case_for(actor: Actor, pk: int) -> CaseView:
    """Raises NotFound unless the actor's dealer opened the case, or it waits for the market's administrator (VE-05)."""
    case = _case_of_dealer(actor, pk) or _case_of_market(actor, pk)
    if case is None:
        raise NotFound("case")
    return view_of(case)


def view_of(case: VerificationCase) -> CaseView:
    with company_scope([case.company_id]):
        company = Company.objects.select_related("company__market").get(pk=case.company_id)
        asks_company = company.verification != Verification.VERIFIED or must_renew(company)
        items = hooks.check_items(company)
    if case.closed_at is None:
        items = [item for item in items if item.state != Verification.VERIFIED]
    return CaseView(case, company, case.person, items, asks_company)


def _case_of_dealer(actor: Actor, pk: int) -> VerificationCase | None:
    dealer_id = next((dealer for dealer in actor.company_ids if actor.may(READ, dealer)), None)
    if dealer_id is None:
        return None
    with dealer_scope(dealer_id):
        return VerificationCase.objects.select_related("person", "proposed_by").filter(pk=pk, dealer=dealer_id).first()


def remote_cases_of(actor: Actor) -> list[VerificationCase]:
    """Checks from afar that wait for a second person, in the markets where somebody may be that person."""
    markets = [market for market, rights in actor.markets.items() if WRITE in rights]
    ids = list(Tenant.objects.filter(market__in=markets, closed_at=None).values_list("pk", flat=True))
    with company_scope(ids):
        waiting = VerificationCase.objects.filter(is_remote=True, closed_at=None, expires_at__gt=timezone.now())
        rows = waiting.exclude(proposed_at=None).select_related("company__company", "person", "proposed_by")
        return list(rows.order_by("proposed_at")[:MOST_OPEN]) if ids else []


def _case_of_market(actor: Actor, pk: int) -> VerificationCase | None:
    return next((case for case in remote_cases_of(actor) if case.pk == pk), None)


def contacts_of(cases: list[VerificationCase]) -> list[VerificationCase]:
    """Open ones, one for each person: only who is here now is called back."""
    now = timezone.now()
    open_ones = [case for case in cases if case.closed_at is None and case.expires_at > now]
    return list({case.person_id: case for case in open_ones}.values())


def cases_with(dealer_id: int, company: Company) -> list[VerificationCase]:
    """What one customer showed to this dealer, newest first."""
    with company_scope([company.pk]):
        rows = VerificationCase.objects.filter(company=company, dealer=dealer_id).select_related("person")
        return list(rows.order_by("-opened_at")[:50])
