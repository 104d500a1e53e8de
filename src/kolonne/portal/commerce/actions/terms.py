"""Accepting terms, so that it can be proved later: who, when, for which company, and every word (PR-03)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce.actions.assignments import WRITE
from kolonne.portal.commerce.models import Order, TermsAcceptance, TermsNotice, TermsText
from kolonne.portal.commerce.terms import Document, library
from kolonne.portal.commerce.terms.queries import asked_for
from kolonne.portal.companies.models import Company, Kind, Tenant
from kolonne.portal.companies.queries.rights import administrators
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import OPEN_STATES, User
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.dates import long_date
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope


@transaction.atomic
def accept(
    *,
    actor: Actor,
    company: Company,
    documents: Iterable[Document],
    order: Order | None = None,
    now: datetime | None = None,
) -> list[TermsAcceptance]:
    """The person who acts accepts these texts, which he saw, for his company; what it accepted already, in whatever
    language, is left out, so that twice is once. Answers what is new.

    Raises NotAllowed; Conflict `terms_by_helper` to a helper, who cannot accept anything for somebody else (SU-03);
    Conflict `other_terms` when a text is not published any more; Invalid when nothing is chosen.
    """
    require(actor, WRITE, company.pk)
    if actor.acting_for is not None:
        raise Conflict("terms_by_helper", "nobody accepts terms in another's name")
    chosen = list(documents)
    _check(company, chosen)
    with company_scope([company.pk]):
        # Locks the company's row: the same page sent twice at once is one acceptance.
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        there = set(
            TermsAcceptance.objects.filter(company_id=company.pk).values_list(
                "text__market", "text__code", "text__version"
            )
        )
        new = list({one.key: one for one in chosen if one.key not in there}.values())
        if not new:
            return []
        rows = [_accepted(actor, company, document, order, now or timezone.now()) for document in new]
        named = [f"{document.code} {document.version}" for document in new]
        audit.record(actor, "commerce.terms.accepted", on=company, company_id=company.pk, terms=named)
    return rows


def _check(company: Company, chosen: list[Document]) -> None:
    if not chosen:
        raise Invalid("nothing_accepted", "no terms were chosen", {"terms": "at least one"})
    for document in chosen:
        is_here = document.code in library().codes(company.market_id)
        if not is_here or library().by_hash.get(document.sha256) != document:
            raise Conflict("other_terms", f"{document.code} {document.version} is not published any more")


def _accepted(
    actor: Actor, company: Company, document: Document, order: Order | None, now: datetime
) -> TermsAcceptance:
    text, _is_new = TermsText.objects.get_or_create(
        sha256=document.sha256,
        defaults={
            "market": document.market,
            "code": document.code,
            "language": document.language,
            "version": document.version,
            "title": document.title[:200],
            "valid_from": document.valid_from,
            "text": document.text,
        },
    )
    return TermsAcceptance.objects.create(
        company_id=company.pk, text=text, order=order, accepted_by=actor.label, accepted_at=now
    )


def tell_of_new_terms(*, actor: Actor, now: datetime) -> int:
    """Mails to administrators about new versions of what their company accepted, once each (PR-03); how many companies
    were told. Safe to run at any time and any number of times. Raises NotAllowed to people."""
    if not actor.is_system:
        raise NotAllowed(WRITE)
    staying = Tenant.objects.filter(kind=Kind.FLEET, leaving_since=None, closed_at=None, merged_into=None)
    return sum(_tell(actor, pk, now) for pk in staying.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _tell(actor: Actor, pk: int, now: datetime) -> bool:
    with company_scope([pk]):
        company = Company.objects.select_for_update(no_key=True, of=("self",)).select_related("company").get(pk=pk)
        told = set(TermsNotice.objects.filter(company_id=pk).values_list("market", "code", "version"))
        new = [document for document in asked_for(company, "en") if document.key not in told]
        if not new:
            return False
        TermsNotice.objects.bulk_create(
            TermsNotice(company_id=pk, market=one.market, code=one.code, version=one.version, told_at=now)
            for one in new
        )
        reached = [user for user in administrators(pk) if user.email and user.state in OPEN_STATES]
        for user in reached:
            _mail(user, company, {one.key for one in new})
        audit.record(actor, "commerce.terms.announced", on=company, company_id=pk, people=len(reached))
    return True


def _mail(user: User, company: Company, keys: set[tuple[str, str, str]]) -> None:
    new = [one for one in asked_for(company, user.language) if one.key in keys]
    titles = [f"{one.title} ({long_date(one.valid_from, user.language)})" for one in new]
    first = long_date(min(one.valid_from for one in new), user.language)
    mails.post("new_terms", user, company=company.name, titles=titles, first=first)
