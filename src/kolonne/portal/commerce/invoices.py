"""Invoices as people and programs take them along: lists, rows, tables (PR-07)."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from kolonne.portal.commerce import texts
from kolonne.portal.commerce.billing import end_of, month_after, month_of
from kolonne.portal.commerce.models import Assignment, Invoice
from kolonne.portal.commerce.periods import day_of
from kolonne.portal.commerce.queries import companies_that_buy
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.archive import Row, cell
from kolonne.portal.lib.errors import NotFound

COLUMNS = (
    *("invoice", "month", "company", "contract", "plate", "vin", "product", "product_name", "from", "to", "days"),
    *("free_days", "days_of_month", "price_per_month", "amount", "currency"),
)
"""Of the CSV. Words are English, because programs read them; the name of a product is in the reader's language."""


def invoices_of(actor: Actor) -> "QuerySet[Invoice]":
    """Newest month first, without their lines: a month of thousands of vans is long."""
    found = Invoice.objects.filter(company__in=companies_that_buy(actor)).defer("lines", "party", "seller")
    return found.order_by("-month", "-pk")


def get_invoice_for(actor: Actor, pk: int) -> Invoice:
    """Raises NotFound to strangers, who must not learn that the invoice exists."""
    invoice = Invoice.objects.filter(company__in=companies_that_buy(actor), pk=pk).first()
    if invoice is None:
        raise NotFound("invoice")
    return invoice


def first_month(actor: Actor) -> date | None:
    """The month that the first invoice will be about, as far as can be known now; None when nothing costs anything.
    It comes when that month is over."""
    companies = companies_that_buy(actor)
    zones = dict(Company.objects.filter(pk__in=companies).values_list("pk", "time_zone"))
    priced = Assignment.objects.filter(company__in=companies, price__gt=0, ended_at=None)
    begins = []
    for line in priced.only("company", "state", "converts", "since", "trial_until", "ends_at", "ended_at"):
        begin, end = line.trial_until or line.since, end_of(line)
        if end is None or end > begin:
            zone = zones[line.company_id]
            begins.append(month_of(max(day_of(begin, zone), month_of(day_of(timezone.now(), zone)))))
    return min(begins, default=None)


def next_invoice(actor: Actor) -> tuple[date, date] | None:
    """(day, month): when the first invoice comes, and for which month."""
    month = first_month(actor)
    return (month_after(month), month) if month else None


def rows(invoice: Invoice) -> Iterator[Row]:
    """Line by line, with `COLUMNS`."""
    for charge in invoice.lines:
        yield {
            "invoice": invoice.number,
            "month": f"{invoice.month:%Y-%m}",
            "company": invoice.party["name"],
            "contract": charge["contract"],
            "plate": charge["plate"],
            "vin": charge["vin"],
            "product": charge["product"],
            "product_name": texts.of_product(charge["product"]).name,
            "from": charge["first"],
            "to": charge["last"],
            "days": charge["days"],
            "free_days": charge["free_days"],
            "days_of_month": charge["days_of_month"],
            "price_per_month": charge["price"],
            "amount": charge["amount"],
            "currency": invoice.currency,
        }


def as_csv(invoices: Iterable[Invoice]) -> str:
    """RFC 4180: commas, decimal points, days as ISO 8601; with a byte order mark, without which spreadsheets take
    UTF-8 for something else, and with formulas made harmless."""
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for invoice in invoices:
        writer.writerows([cell(row[column]) for column in COLUMNS] for row in rows(invoice))
    return file.getvalue()


def as_data(invoice: Invoice) -> Row:
    """For the operator's programs: an invoice with its lines."""
    return {
        "number": invoice.number,
        "market": invoice.number[:2].lower(),
        "month": f"{invoice.month:%Y-%m}",
        "made_at": invoice.made_at.isoformat(),
        "customer": invoice.party,
        "seller": invoice.seller,
        "currency": invoice.currency,
        "total": str(invoice.total),
        "lines": invoice.lines,
    }


def invoices_in(month: date) -> "QuerySet[Invoice]":
    """Of all companies in scope."""
    return Invoice.objects.filter(month=month).order_by("number")


def rows_of(company: Company) -> Iterator[Row]:
    """Everything for the company's own export."""
    for invoice in Invoice.objects.filter(company=company).order_by("pk").iterator(chunk_size=20):
        yield from rows(invoice)
