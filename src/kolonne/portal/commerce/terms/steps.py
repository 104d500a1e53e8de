"""The step of the start page that asks for new terms in time, and their part of a company's export (PR-03)."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.commerce.actions.assignments import WRITE
from kolonne.portal.commerce.models import TermsAcceptance
from kolonne.portal.commerce.terms.files import Document
from kolonne.portal.commerce.terms.queries import asked_for
from kolonne.portal.commerce.texts import language
from kolonne.portal.companies.hooks import Step
from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.archive import Row


def next_step(actor: Actor, company: Company) -> Step | None:
    """While a new version of what the company accepted waits to be read, for those who may accept it."""
    if company.kind != Kind.FLEET or not actor.may(WRITE, company.pk):
        return None
    new = asked_for(company, language())
    if not new:
        return None
    return Step(
        order=35,
        title=_("Read new terms"),
        text=about(new),
        url=reverse("terms"),
        action=_("Read and accept"),
        is_done=False,
        icon="order",
    )


def about(new: list[Document]) -> str:
    """What is new and until when it has time, in one sentence."""
    day = date_format(min(document.valid_from for document in new), "DATE_FORMAT")
    said = ngettext(
        "%(n)s document has a new version from %(day)s on. What runs goes on; new orders need it.",
        "%(n)s documents have a new version from %(day)s on. What runs goes on; new orders need them.",
        len(new),
    )
    return said % {"n": len(new), "day": day}


def acceptances_of(company: Company) -> Iterator[Row]:
    """Everything that proves an acceptance, with every word of the text."""
    rows = TermsAcceptance.objects.filter(company=company).select_related("text").order_by("pk")
    for row in rows.iterator():
        words = {name: getattr(row.text, name) for name in ("code", "version", "language", "title", "valid_from")}
        yield {
            "accepted_at": row.accepted_at,
            "accepted_by": row.accepted_by,
            "order_id": row.order_id,
            **words,
            "sha256": row.text_id,
            "text": row.text.text,
        }
