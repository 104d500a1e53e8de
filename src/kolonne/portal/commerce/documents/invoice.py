"""The paper of a month's invoice data (PR-07)."""

from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_interval
from django.utils.translation import gettext as _

from kolonne.portal.commerce import texts
from kolonne.portal.commerce.documents import parties
from kolonne.portal.commerce.documents.contract import more_lines
from kolonne.portal.commerce.documents.words import day, locale, month_name
from kolonne.portal.commerce.models import Invoice
from kolonne.portal.commerce.money import money
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.documents import MOST_LINES, Document, template


def invoice_document(invoice: Invoice) -> Document:
    """Needs the company's scope."""
    company = Company.objects.select_related("company").get(pk=invoice.company_id)
    language, market = texts.language(), company.market_id
    title = _("Invoice data %(number)s") % {"number": invoice.number}
    sells = parties.shown(invoice.seller, market)
    made = day(invoice.made_at, company.time_zone, language)
    return Document(
        template=template(__package__, "invoice.typ"),
        title=title,
        author=sells["name"],
        head=sells["name"],
        foot=f"{invoice.number} · {month_name(invoice.month, language)}",
        language=language,
        date=invoice.made_at,
        words=_words(title),
        data={
            "subtitle": month_name(invoice.month, language),
            "seller": sells,
            "customer": parties.shown(invoice.party, market),
            "facts": _facts(invoice, company, made),
            "rows": [_row(charge, invoice.currency, language) for charge in invoice.lines[:MOST_LINES]],
            "more": more_lines(len(invoice.lines)),
            "total": money(invoice.total, invoice.currency, language),
        },
    )


def _words(title: str) -> dict[str, str]:
    return {
        "title": title,
        "page": _("Page {n} of {all}"),
        "seller": _("Seller"),
        "customer": _("Customer"),
        "lines": _("Services"),
        "van": _("Van"),
        "product": _("Product"),
        "period": _("Period"),
        "days": _("Days"),
        "price": _("Per month"),
        "amount": _("Amount"),
        "total": _("Sum without VAT"),
        "rule": _(
            "A part of a month is charged by days: price × charged days ÷ days of the month, rounded to the cent in "
            "each line. The day on which a service begins counts, the day on which it ends does not. Days on trial are "
            "free of charge."
        ),
        "payment": _("This is data for your books. Your seller sends the bill and takes the payment, outside Kolonne."),
    }


def _facts(invoice: Invoice, company: Company, made: str) -> list[list[str]]:
    facts = [[_("Number"), invoice.number], [_("Made on"), made]]
    if company.customer_number:
        facts.append([_("Customer number"), company.customer_number])
    return facts


def _row(charge: dict[str, Any], currency: str, language: str) -> list[Any]:
    free = _("%(n)s on trial") % {"n": charge["free_days"]}
    days = [str(charge["days"]), free] if charge["free_days"] else str(charge["days"])
    return [
        [charge["plate"], charge["vin"]] if charge["plate"] else charge["vin"],
        [texts.of_product(charge["product"]).name, charge["contract"]],
        _period(charge, language),
        days,
        money(Decimal(charge["price"]), currency, language),
        money(Decimal(charge["amount"]), currency, language),
    ]


def _period(charge: dict[str, Any], language: str) -> str:
    first, last = date.fromisoformat(charge["first"]), date.fromisoformat(charge["last"])
    return str(format_interval(first, last, "MMMd", locale=locale(language)))
