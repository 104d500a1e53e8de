"""Invoices: one for each company, month and currency, made when the month is over (PR-07)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

import structlog
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce.actions.contracts import PARTY
from kolonne.portal.commerce.billing import Charge, charges, month_before, month_of
from kolonne.portal.commerce.documents.parties import seller
from kolonne.portal.commerce.models import Assignment, Invoice
from kolonne.portal.commerce.periods import day_of, midnight_after
from kolonne.portal.companies.models import Company, Kind, Tenant
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import company_scope

log = structlog.get_logger()
MONTHS_BACK = 6
"""So many months are made up for after a standstill."""


def make_invoices(*, actor: Actor, now: datetime) -> int:
    """Every invoice that is missing of months that are over; how many were made. Safe to run at any time, any number
    of times and at the same time. One company's trouble does not keep the others waiting."""
    if not actor.is_system:
        raise NotAllowed("commerce.invoice:make")
    fleets = Tenant.objects.filter(kind=Kind.FLEET, closed_at=None).order_by("pk")
    return sum(_of_one(actor, pk, now) for pk in fleets.values_list("pk", flat=True))


def _of_one(actor: Actor, pk: int, now: datetime) -> int:
    try:
        return len(invoice_company(actor=actor, pk=pk, now=now))
    except Exception:
        log.exception("invoices cannot be made", company=pk)
        return 0


@transaction.atomic
def invoice_company(*, actor: Actor, pk: int, now: datetime, leaves: bool = False) -> list[Invoice]:
    """What one company owes for months that are over; if it `leaves`, also for what ended in this month.

    A line is charged once a month: what an invoice of the month holds already is left out.
    """
    if not actor.is_system and not leaves:
        raise NotAllowed("commerce.invoice:make")
    with company_scope([pk]):
        # Locks the company: of two runs at once the second one sees what the first one made. In the order in which its
        # deletion locks, so that both wait for each other instead of for ever.
        list(Tenant.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk"))
        company = Company.objects.select_for_update(no_key=True, of=("self",)).select_related("company").get(pk=pk)
        this_month = month_of(day_of(now, company.time_zone))
        months = _months_until(this_month)
        lines = list(_lines(company, months[0]))
        made = [one for month in months for one in _bill(actor, company, month, lines, now)]
        if leaves:
            made += _bill(actor, company, this_month, [line for line in lines if line.ended_at], now)
    return made


def _months_until(this_month: date) -> list[date]:
    """The months before this one, oldest first."""
    months = [month_before(this_month)]
    while len(months) < MONTHS_BACK:
        months.append(month_before(months[-1]))
    return months[::-1]


def _lines(company: Company, since: date) -> "QuerySet[Assignment]":
    """Everything that ran since the first day of a month."""
    begin = midnight_after(month_before(since), company.time_zone)
    found = Assignment.objects.filter(Q(ended_at=None) | Q(ended_at__gt=begin), company_id=company.pk)
    found = found.select_related("vehicle", "contract")
    return found.order_by("vehicle__plate", "vehicle_id", "product", "since", "pk")


def _bill(actor: Actor, company: Company, month: date, lines: Iterable[Assignment], now: datetime) -> list[Invoice]:
    """An invoice for each currency in which something is owed."""
    before = Invoice.objects.filter(company_id=company.pk, month=month).values_list("lines", flat=True)
    charged = {charge["line"] for invoice in before for charge in invoice}
    by_currency: dict[str, list[Assignment]] = defaultdict(list)
    for line in lines:
        if line.pk not in charged:
            by_currency[line.contract.currency].append(line)
    made = []
    for currency, some in sorted(by_currency.items()):
        new = list(charges(some, month, company.time_zone))
        if any(Decimal(charge.amount) for charge in new):
            made.append(_make(actor, company, month, currency, new, now))
    return made


def _make(actor: Actor, company: Company, month: date, currency: str, new: list[Charge], now: datetime) -> Invoice:
    invoice = Invoice.objects.create(
        company_id=company.pk,
        number=_number(company.market_id, day_of(now, company.time_zone).year),
        month=month,
        currency=currency,
        total=sum((Decimal(charge.amount) for charge in new), Decimal(0)),
        lines=[asdict(charge) for charge in new],
        party={name: getattr(company, name) for name in PARTY},
        seller=seller(company.market_id, now),
        made_at=now,
    )
    total = f"{invoice.total} {currency}"
    audit.record(actor, "commerce.invoice.made", on=invoice, company_id=company.pk, total=total)
    return invoice


def _number(market: str, year: int) -> str:
    """The next one. The counter's row is locked until the end, and given back with a failure: there are no gaps."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO commerce_invoicecounter (market, year, last) VALUES (%s, %s, 1) "
            "ON CONFLICT (market, year) DO UPDATE SET last = commerce_invoicecounter.last + 1 RETURNING last",
            [market, year],
        )
        return f"{market.upper()}-{year}-I{cursor.fetchone()[0]:06}"


def invoice_the_rest(actor: Actor, company: Company) -> None:
    """The last invoice of a company whose services have just been ended, while there is still time to fetch it."""
    invoice_company(actor=actor, pk=company.pk, now=timezone.now(), leaves=True)
