"""Which terms a company accepted, and which it is to read now (PR-03)."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone

from kolonne.portal.commerce.catalogue import offer, products
from kolonne.portal.commerce.models import Assignment, Order, OrderState, TermsAcceptance
from kolonne.portal.commerce.terms.files import GENERAL, Document, in_force, library, newest
from kolonne.portal.companies.models import Company


def today(company: Company, now: datetime | None = None) -> date:
    """By the company's clock."""
    return (now or timezone.now()).astimezone(ZoneInfo(company.time_zone)).date()


def missing_for(
    company: Company, wanted: Iterable[str], language: str, *, now: datetime | None = None
) -> list[Document]:
    """What must be accepted before these products are bought: the versions in force today of the general terms and of
    those of each product, as far as the company did not accept them, in whatever language. Needs its scope."""
    found = _in_force(company, wanted, language, now)
    accepted = _accepted(company)
    return [document for document in found if document.key not in accepted]


def missing_at_all(company: Company, language: str, *, now: datetime | None = None) -> list[Document]:
    """What "accept all" accepts: everything that counts for what is offered in the company's market, and what is
    announced for later. Whoever accepted all is never stopped by terms, and his dealer can help with orders to the
    end (SU-03)."""
    offered = [code for code in products() if offer(company.market_id, code)]
    now_or_later = _in_force(company, offered, language, now)
    for code in {document.code for document in now_or_later}:
        now_or_later += [one for one in [newest(company.market_id, code, language)] if one is not None]
    accepted = _accepted(company)
    found = {document.key: document for document in now_or_later if document.key not in accepted}
    return in_order(found.values())


def asked_for(company: Company, language: str) -> list[Document]:
    """New versions of documents that the company accepted once and whose products it still has or awaits, asked for as
    soon as they are published. What runs goes on under the accepted version. Needs the company's scope."""
    accepted = _accepted(company)
    codes = {code for _market, code, _version in accepted}
    if not codes:
        return []
    running = _running(company) | {GENERAL}
    found = [newest(company.market_id, code, language) for code in sorted(codes & running, key=_place)]
    return [document for document in found if document is not None and document.key not in accepted]


def accepted_of(company: Company) -> "QuerySet[TermsAcceptance]":
    """Newest first, each with its text. Needs the company's scope."""
    rows = TermsAcceptance.objects.filter(company_id=company.pk).select_related("text")
    return rows.order_by("-accepted_at", "-pk")


def _in_force(company: Company, wanted: Iterable[str], language: str, now: datetime | None) -> list[Document]:
    known = library().codes(company.market_id)
    codes = sorted({GENERAL, *wanted} & known, key=_place)
    day = today(company, now)
    found = [in_force(company.market_id, code, language, day) for code in codes]
    return [document for document in found if document is not None]


def _accepted(company: Company) -> set[tuple[str, str, str]]:
    rows = TermsAcceptance.objects.filter(company_id=company.pk)
    return set(rows.values_list("text__market", "text__code", "text__version"))


def _running(company: Company) -> set[str]:
    running = Assignment.objects.filter(company_id=company.pk, ended_at=None).values_list("product", flat=True)
    waiting = Order.objects.filter(company_id=company.pk, state=OrderState.WAITING)
    return {*running, *waiting.exclude(items=None).values_list("items__product", flat=True)}


def in_order(documents: Iterable[Document]) -> list[Document]:
    """The general terms first, then as in the catalogue; older versions before newer ones."""
    return sorted(documents, key=lambda one: (_place(one.code), one.valid_from))


def _place(code: str) -> tuple[int, str]:
    """General first, then in the order of the catalogue."""
    codes = [GENERAL, *products()]
    return (codes.index(code) if code in codes else len(codes), code)
