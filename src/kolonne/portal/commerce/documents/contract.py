"""The paper of a contract, as it was in one of its generations (PR-04, CO-02)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.commerce import texts
from kolonne.portal.commerce.documents import parties
from kolonne.portal.commerce.documents.words import day
from kolonne.portal.commerce.models import (
    Assignment,
    Contract,
    ContractState,
    ContractVersion,
    Order,
    OrderItem,
    TermsAcceptance,
)
from kolonne.portal.commerce.money import money
from kolonne.portal.commerce.periods import last_day
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.documents import MOST_LINES, Document, template
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.vehicles.models import Vehicle

Rows = list[list[Any]]


@dataclass(frozen=True)
class _Paper:
    """Of which generation, as of when, and for whom it is written."""

    contract: Contract
    version: ContractVersion
    next: ContractVersion | None
    at: datetime
    """When the next generation came, or now."""
    zone: str
    market: str
    language: str

    def day(self, moment: datetime) -> str:
        return day(moment, self.zone, self.language)

    def last_day(self, end: datetime) -> str:
        """People are told the last day, not the midnight after it."""
        return day(last_day(end, self.zone), self.zone, self.language)

    def money(self, amount: Decimal) -> str:
        return money(amount, self.contract.currency, self.language)


def contract_document(contract: Contract, generation: int) -> Document:
    """Raises NotFound for a generation that the contract never had. Needs the company's scope."""
    paper = _paper(contract, generation)
    title = _("Contract %(number)s") % {"number": contract.number}
    named = _("Generation %(n)s") % {"n": generation}
    running, lines = _lines(paper)
    sells = parties.shown(parties.seller(paper.market, paper.version.since), paper.market)
    return Document(
        template=template(__package__, "contract.typ"),
        title=f"{title} · {named}",
        author=sells["name"],
        head=sells["name"],
        foot=f"{contract.number} · {named}",
        language=paper.language,
        date=paper.at,
        words=_words(title),
        data={
            "subtitle": f"{named}, {_('since %(when)s') % {'when': paper.day(paper.version.since)}}",
            "note": _note(paper),
            "seller": sells,
            "customer": parties.shown(paper.version.party, paper.market),
            "rows": lines[:MOST_LINES],
            "more": more_lines(len(lines)),
            "sums": _sums(paper, running),
            "terms": _terms(paper, {line.product for line in running}),
        },
    )


def _paper(contract: Contract, generation: int) -> _Paper:
    versions = contract.versions.filter(generation__in=(generation, generation + 1))
    by_number = {version.generation: version for version in versions}
    if generation not in by_number:
        raise NotFound("generation")
    company = Company.objects.select_related("company").get(pk=contract.company_id)
    after = by_number.get(generation + 1)
    at = after.since if after else timezone.now()
    return _Paper(contract, by_number[generation], after, at, company.time_zone, company.market_id, texts.language())


def _words(title: str) -> dict[str, str]:
    return {
        "title": title,
        "page": _("Page {n} of {all}"),
        "seller": _("Seller"),
        "customer": _("Customer"),
        "lines": _("Services"),
        "nothing": _("No van had a service by this contract then."),
        "van": _("Van"),
        "product": _("Product"),
        "state": _("State"),
        "notice": _("Notice"),
        "price": _("Per month"),
        "vat": _("Prices are per van and month, without VAT."),
        "terms": _("Accepted terms"),
        "no_terms": _("No terms were accepted with this contract."),
        "text": _("Terms"),
        "version": _("Version"),
        "accepted": _("Accepted"),
    }


def _note(paper: _Paper) -> str:
    if paper.next is not None:
        said = _("Generation %(next)s replaced this one on %(day)s. States are those of that day.")
        return said % {"next": paper.next.generation, "day": paper.day(paper.next.since)}
    return _("This is the generation in force. States are those of %(day)s.") % {"day": paper.day(paper.at)}


def more_lines(lines: int) -> str:
    """Nobody reads a paper without end; the sums hold everything."""
    if lines <= MOST_LINES:
        return ""
    said = _("Only the first %(shown)s of %(all)s lines are shown; the sums hold all of them.")
    return said % {"shown": MOST_LINES, "all": lines}


def _lines(paper: _Paper) -> tuple[list[Assignment], Rows]:
    """What ran in this generation, and how the paper shows it; then what still waited to begin."""
    ran = Q(ended_at=None) | Q(ended_at__gt=paper.version.since)
    rows = paper.contract.assignments.filter(ran, since__lt=paper.at).select_related("vehicle")
    found = list(rows.order_by("vehicle__plate", "vehicle_id", "product", "since", "pk"))
    shown = [_row(paper, line) for line in found]
    if paper.next is None:
        shown += [_waiting(paper, item) for item in _open_items(paper.contract)]
    return found, shown


def _row(paper: _Paper, line: Assignment) -> list[Any]:
    return [
        _van(line.vehicle),
        texts.of_product(line.product).name,
        _state(paper, line),
        _months(line.notice_months),
        paper.money(line.price),
    ]


def _van(van: Vehicle) -> list[str]:
    return [van.plate, van.vin] if van.plate else [van.vin]


def _months(months: int) -> str:
    return ngettext("%(n)s month", "%(n)s months", months) % {"n": months}


def _state(paper: _Paper, line: Assignment) -> list[str]:
    """The state then, and the day that matters with it."""
    state, day_of_it = state_at(line, paper.at), ""
    if state == ContractState.ENDED:
        day_of_it = _("on %(day)s") % {"day": paper.last_day(line.ended_at or paper.at)}
    elif state == ContractState.TRIAL and line.trial_until:
        day_of_it = _("until %(day)s") % {"day": paper.last_day(line.trial_until)}
    elif state == ContractState.NOTICE and line.ends_at:
        day_of_it = _("until %(day)s") % {"day": paper.last_day(line.ends_at)}
    return [str(ContractState(state).label), *([day_of_it] if day_of_it else [])]


def state_at(line: Assignment, at: datetime) -> str:
    """The state of a line at a moment after its beginning, from what is known of it now."""
    if line.ended_at is not None and line.ended_at <= at:
        return ContractState.ENDED
    if line.trial_until is not None and line.trial_until > at:
        return ContractState.TRIAL
    if line.notice_at is not None and line.notice_at <= at:
        return ContractState.NOTICE
    return ContractState.ACTIVE


def _open_items(contract: Contract) -> Iterable[OrderItem]:
    items = OrderItem.objects.filter(order__contract=contract, done_at=None, withdrawn_at=None)
    return items.select_related("vehicle").order_by("vehicle__plate", "vehicle_id", "product")


def _waiting(paper: _Paper, item: OrderItem) -> list[Any]:
    price = money(item.price, item.currency or paper.contract.currency, paper.language)
    product = texts.of_product(item.product).name
    return [_van(item.vehicle), product, [_("Awaiting verification")], _months(item.notice_months), price]


def _sums(paper: _Paper, lines: Iterable[Assignment]) -> list[dict[str, str]]:
    """Per month: what runs, and how much of it is not paid yet."""
    states = [(state_at(line, paper.at), line.price) for line in lines]
    running = sum((price for state, price in states if state != ContractState.ENDED), Decimal(0))
    on_trial = sum((price for state, price in states if state == ContractState.TRIAL), Decimal(0))
    sums = [{"label": _("All running services per month"), "amount": paper.money(running)}]
    if on_trial:
        sums.append({"label": _("of which on trial, free of charge"), "amount": paper.money(on_trial)})
    return sums


def _terms(paper: _Paper, products: set[str]) -> Rows:
    """Texts that counted when it was signed: of each the newest that the company had accepted by then."""
    codes = {"general", *products}
    accepted = TermsAcceptance.objects.filter(company_id=paper.contract.company_id, text__code__in=codes)
    known = accepted.filter(accepted_at__lte=paper.contract.signed_at).select_related("text").order_by("accepted_at")
    newest = {(row.text.market, row.text.code): row for row in known}
    if newest:
        in_order = sorted(newest.values(), key=lambda row: (row.text.code != "general", row.text.title))
        return [
            [row.text.title, row.text.version, _accepted(paper, row.accepted_at, row.accepted_by)] for row in in_order
        ]
    orders = Order.objects.filter(contract=paper.contract).exclude(terms_accepted_at=None).order_by("pk")
    return [
        [_("Terms of use"), order.terms_version, _accepted(paper, order.terms_accepted_at, order.terms_accepted_by)]
        for order in orders
    ]


def _accepted(paper: _Paper, at: datetime | None, by: str) -> list[str]:
    return [paper.day(at or paper.at), by]
