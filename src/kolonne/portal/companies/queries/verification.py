"""What the administrator of a fleet company sees of its verification (VE-01, VE-02)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from kolonne.portal.companies import hooks
from kolonne.portal.companies.gate import ASK
from kolonne.portal.companies.hooks import CheckItem
from kolonne.portal.companies.models import Company, Kind, Tenant, VerificationCase
from kolonne.portal.companies.queries.directory import with_words
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.identity.personal_data import PersonalData
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import all_companies, company_scope

MOST_DEALERS = 12


def company_to_verify(actor: Actor) -> Company:
    """The open company, if it is one that dealers verify and the actor may ask for it; else NotFound."""
    pk = next((pk for pk in actor.company_ids if actor.may(ASK, pk)), None)
    if pk is None:
        raise NotFound("page")
    with company_scope([pk]):
        company = Company.objects.select_related("company__market").get(pk=pk)
    if company.kind != Kind.FLEET:
        raise NotFound("page")
    return company


@dataclass(frozen=True)
class Progress:
    """How far the verification of a company is, as one of its administrators sees it."""

    company: Company
    person: User
    """The administrator himself."""
    case: VerificationCase | None
    """His last one."""
    others: list[VerificationCase]
    """Open ones of other administrators, without their codes."""
    items: list[CheckItem]
    dealer: str
    """Who opened the last case."""
    renew: bool
    """A check from afar is too old."""

    @property
    def is_complete(self) -> bool:
        """Whether everything is known that a dealer compares."""
        return PersonalData.of(self.person).is_complete

    @property
    def person_waits(self) -> bool:
        """Whether the reader has to be compared with his document."""
        if self.person.verification == Verification.VERIFIED:
            return False
        return self.company_waits or self.person.verified_at is not None or self.person_refused

    @property
    def person_refused(self) -> bool:
        return self.person.verification == Verification.REFUSED

    @property
    def company_waits(self) -> bool:
        return self.renew or self.company.verification != Verification.VERIFIED

    @property
    def items_wait(self) -> list[CheckItem]:
        return [item for item in self.items if item.state != Verification.VERIFIED]

    @property
    def was_refused(self) -> bool:
        """Whether the last case ended with something that did not fit."""
        if self.case is None or self.state != "closed":
            return False
        results = {self.case.person_result, self.case.company_result, *(item.state for item in self.items)}
        return Verification.REFUSED in results

    @property
    def is_done(self) -> bool:
        return not (self.company_waits or self.person_waits or self.items_wait)

    @property
    def state(self) -> str:
        """Of the last case: `none`, `shown`, `opened`, `expired`, `replaced` or `closed`."""
        if self.case is None:
            return "none"
        if self.case.closed_at:
            return "closed" if self.case.dealer_id and self.case.document else "replaced"
        if self.case.expires_at <= timezone.now():
            return "expired"
        return "opened" if self.case.dealer_id else "shown"


def progress_of(actor: Actor, company: Company) -> Progress:
    """Everything that the page about the verification shows."""
    person = User.objects.select_related("market").get(pk=actor.user_id or 0)
    with company_scope([company.pk]):
        cases = list(VerificationCase.objects.filter(company=company).select_related("person").order_by("-pk")[:50])
        items = hooks.check_items(company)
    own = next((case for case in cases if case.person_id == person.pk), None)
    open_ones = [case for case in cases if case.closed_at is None and case.expires_at > timezone.now()]
    others = [case for case in open_ones if case.person_id != person.pk]
    name = _name_of(own.dealer_id) if own else ""
    return Progress(company, person, own, others, items, name, must_renew(company))


def must_renew(company: Company) -> bool:
    """Whether the company stands on a check from afar that holds no longer (VE-05)."""
    until = company.verified_until
    return company.verification == Verification.VERIFIED and until is not None and until <= timezone.now()


def lapsed(now: datetime) -> list[int]:
    """Ids of verified companies whose last check was one from afar that holds no longer: for the job alone."""
    with company_scope(all_companies()):
        found = Company.objects.filter(verification=Verification.VERIFIED, verified_until__lte=now)
        return list(found.filter(company__closed_at=None).order_by("pk").values_list("pk", flat=True))


def _name_of(dealer_id: int | None) -> str:
    if dealer_id is None:
        return ""
    with company_scope([dealer_id]):
        return Company.objects.filter(pk=dealer_id).values_list("name", flat=True).first() or ""


@dataclass(frozen=True)
class Place:
    """A dealer whom one can visit."""

    pk: int
    name: str
    street: str
    postal_code: str
    city: str


def places_in(market: str, search: str = "") -> list[Place]:
    """Dealers of a market by place and name; every word of the search must be in name, city or postal code."""
    open_ones = Tenant.objects.filter(market=market, kind=Kind.DEALER, closed_at=None)
    ids = list(open_ones.values_list("pk", flat=True))
    with company_scope(ids):
        found = with_words(Company.objects.filter(pk__in=ids), search, "name", "city", "postal_code")
        rows = found.order_by("city", "name", "pk").values_list("pk", "name", "street", "postal_code", "city")
        return [Place(*row) for row in rows[:MOST_DEALERS]]
