"""Services van by van as the contract cockpit shows them (PR-06): dates, prices, and what comes next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.translation import gettext as _

from kolonne.portal.commerce import money, texts
from kolonne.portal.commerce.actions.lines import goes_on, is_trial
from kolonne.portal.commerce.models import Assignment, ContractState
from kolonne.portal.commerce.periods import day_of, last_day
from kolonne.portal.commerce.queries import companies_that_buy
from kolonne.portal.commerce.texts import ProductWords
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor

RUNNING, ENDED = "running", ContractState.ENDED.value
STATES = (RUNNING, *ContractState.values)


@dataclass(frozen=True)
class Wanted:
    """What somebody asked the list for."""

    search: str = ""
    product: str = ""
    state: str = RUNNING

    @classmethod
    def of(cls, query: QueryDict) -> "Wanted":
        state = query.get("state", "")
        search = query.get("q", "").replace("\0", "").strip()[:100]
        return cls(search, query.get("product", "")[:40].replace("\0", ""), state if state in STATES else RUNNING)

    @property
    def is_narrow(self) -> bool:
        return self != Wanted()


@dataclass(frozen=True)
class Row:
    """A service for a van."""

    line: Assignment
    product: ProductWords
    price: str
    trial: date | None
    notice: date | None
    end: date | None
    after_trial: str
    """What becomes of a trial; empty for what is none."""


@dataclass(frozen=True)
class Sums:
    """Per month, without VAT, in words; empty when nothing is paid."""

    now: str
    later: str
    """When all trials and notices are over."""


def lines_of(actor: Actor, wanted: Wanted) -> "QuerySet[Assignment]":
    """By the next date on which something changes; what just runs comes after that, then what ended."""
    lines = Assignment.objects.filter(company__in=companies_that_buy(actor))
    if wanted.state == RUNNING:
        lines = lines.filter(ended_at=None)
    elif wanted.state:
        lines = lines.filter(state=wanted.state)
    if wanted.product:
        lines = lines.filter(product=wanted.product)
    for word in wanted.search.split():
        van = Q(vehicle__plate__icontains=word) | Q(vehicle__name__icontains=word) | Q(vehicle__vin__icontains=word)
        lines = lines.filter(van)
    return in_order(lines)


def in_order(lines: "QuerySet[Assignment]") -> "QuerySet[Assignment]":
    trial = Case(When(state=ContractState.TRIAL, then="trial_until"))
    by_date = Coalesce("ends_at", trial).asc(nulls_last=True)
    lines = lines.select_related("vehicle", "contract")
    return lines.order_by(F("ended_at").desc(nulls_first=True), by_date, "vehicle__plate", "vehicle_id", "product")


def products_of(actor: Actor) -> list[ProductWords]:
    """Those that the company ever had, to filter by."""
    codes = (
        Assignment.objects.filter(company__in=companies_that_buy(actor)).order_by().values_list("product").distinct()
    )
    return sorted((texts.of_product(code) for (code,) in codes), key=lambda words: words.name)


def rows(lines: Iterable[Assignment]) -> list[Row]:
    """With days of the company's clock."""
    lines = list(lines)
    companies = Company.objects.filter(pk__in={line.company_id for line in lines})
    zones = dict(companies.values_list("pk", "time_zone"))
    return [_row(line, zones[line.company_id]) for line in lines]


def _row(line: Assignment, zone: str) -> Row:
    def until(moment: datetime | None) -> date | None:
        return last_day(moment, zone) if moment else None

    after_trial = ""
    if is_trial(line):
        after_trial = _("then paid") if goes_on(line) else _("then ends")
    end = line.ended_at or (None if is_trial(line) and line.ends_at == line.trial_until else line.ends_at)
    return Row(
        line,
        texts.of_product(line.product),
        words(line.price, line.contract.currency),
        until(line.trial_until) if is_trial(line) else None,
        day_of(line.notice_at, zone) if line.notice_at else None,
        until(end),
        after_trial,
    )


def words(amount: Decimal, currency: str) -> str:
    """In the reader's language."""
    return money.money(amount, currency, texts.language())


def sums(lines: "QuerySet[Assignment]") -> Sums:
    running = lines.filter(ended_at=None).order_by()
    now = running.filter(state__in=[ContractState.ACTIVE, ContractState.NOTICE])
    later = running.filter(Q(state=ContractState.ACTIVE) | Q(state=ContractState.TRIAL, ends_at=None))
    same = {name: OuterRef(name) for name in ("contract", "vehicle", "package")}
    ending = Assignment.objects.filter(**same, ended_at=None, ends_at__isnull=False)
    is_parted = Q(Exists(ending), single_price__isnull=False)
    return Sums(_sum(now, F("price")), _sum(later, Case(When(is_parted, then="single_price"), default="price")))


def _sum(lines: "QuerySet[Assignment]", price: F | Case) -> str:
    by_currency = lines.values_list("contract__currency").annotate(whole=Sum(price)).order_by("contract__currency")
    return " + ".join(words(whole, currency) for currency, whole in by_currency if whole)
