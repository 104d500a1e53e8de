"""What the pages about terms show."""

from dataclasses import dataclass

from django.db.models import QuerySet

from kolonne.portal.commerce.models import Order, OrderItem, OrderState, TermsAcceptance, TermsText
from kolonne.portal.commerce.terms.files import Document, in_force, library, newest, versions
from kolonne.portal.commerce.terms.queries import (
    accepted_of,
    asked_for,
    in_order,
    missing_at_all,
    missing_for,
    today,
)
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.errors import NotFound


@dataclass(frozen=True)
class ToAccept:
    """What a company may accept now."""

    needed: list[Document]
    """For its orders that wait, and new versions of what it accepted."""
    everything: list[Document]
    """For all that is offered: what "accept all" accepts."""
    order: Order | None
    """The order that waits for it, when it is one."""

    @property
    def is_more(self) -> bool:
        return len(self.everything) > len(self.needed)


def to_accept(company: Company, language: str) -> ToAccept:
    """Needs the company's scope."""
    waiting = OrderItem.objects.filter(company_id=company.pk, order__state=OrderState.WAITING)
    wanted = set(waiting.values_list("product", flat=True))
    missing = missing_for(company, wanted, language) if wanted else []
    found = {document.key: document for document in [*missing, *asked_for(company, language)]}
    orders = list(Order.objects.filter(company_id=company.pk, state=OrderState.WAITING)[:2]) if missing else []
    everything = found | {document.key: document for document in missing_at_all(company, language)}
    return ToAccept(in_order(found.values()), in_order(everything.values()), orders[0] if len(orders) == 1 else None)


@dataclass(frozen=True)
class Text:
    """A text to be read."""

    code: str
    title: str
    version: str
    language: str
    body: str
    valid_from: object
    sha256: str
    acceptance: TermsAcceptance | None


def to_read(company: Company | None, market: str, code: str, language: str, wanted: "Wanted") -> Text:
    """One text: that of a fingerprint, as published or as the company accepted it, or a version, or the one in force.
    Raises NotFound."""
    accepted = accepted_of(company).filter(text__code=code) if company else TermsAcceptance.objects.none()
    if wanted.sha256:
        return _by_hash(accepted, market, code, wanted.sha256)
    known = versions(market, code, language)
    document = next((one for one in known if one.version == wanted.version), None) if wanted.version else None
    if document is None and not wanted.version:
        document = _current(company, market, code, language)
    if document is None:
        raise NotFound("terms")
    return _of_document(document, accepted)


@dataclass(frozen=True)
class Wanted:
    """What the address asks for; empty: the version in force."""

    version: str = ""
    sha256: str = ""


def _by_hash(accepted: "QuerySet[TermsAcceptance]", market: str, code: str, sha256: str) -> Text:
    document = library().by_hash.get(sha256)
    if document is not None and document.code == code and code in library().codes(market):
        return _of_document(document, accepted)
    row = accepted.filter(text_id=sha256).first()
    if row is None:
        raise NotFound("terms")
    return _of_text(row.text, row)


def _current(company: Company | None, market: str, code: str, language: str) -> Document | None:
    if code not in library().codes(market):
        return None
    return (in_force(market, code, language, today(company)) if company else None) or newest(market, code, language)


def _of_document(document: Document, accepted: "QuerySet[TermsAcceptance]") -> Text:
    mine = accepted.filter(text__market=document.market, text__version=document.version).first()
    return Text(
        document.code,
        document.title,
        document.version,
        document.language,
        document.body,
        document.valid_from,
        document.sha256,
        mine,
    )


def _of_text(text: TermsText, row: TermsAcceptance) -> Text:
    kept = Document(text.market, text.code, text.language, text.version, text.title, text.valid_from, text.text)
    return Text(text.code, text.title, text.version, text.language, kept.body, text.valid_from, text.sha256, row)


def published(market: str, language: str) -> list[Document]:
    """The newest version of every document of a market, to be read by everybody."""
    found = [newest(market, code, language) for code in library().codes(market)]
    return in_order(document for document in found if document is not None)
