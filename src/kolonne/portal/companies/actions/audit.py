"""What reading leaves in the audit (NF-06)."""

from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.models import Company, VerificationCase
from kolonne.portal.companies.queries.chains import READ, chain_of
from kolonne.portal.companies.queries.directory import require_at
from kolonne.portal.companies.queries.people import markets_with
from kolonne.portal.identity.models import Market
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

MOST_AT_ONCE = 20_000
"""Entries that are checked while somebody waits: about a second."""


@transaction.atomic
def check_chain(*, actor: Actor, company: Company) -> Entry:
    """Recomputes the organisation's chain now. Raises NotAllowed; Conflict when it is too long to wait for."""
    if company.company.merged_into_id is None:
        require_at(actor, READ, company.company)
    else:
        chain_of(actor, company.pk)
    with company_scope([company.pk]):
        return audit.check_chain(actor, company.pk, at_most=MOST_AT_ONCE)


def note_look_at_audit(actor: Actor, company: Company | None) -> None:
    """Keeps that somebody read an organisation's entries, or those about the people of his markets."""
    if company is not None:
        with company_scope([company.pk]):
            audit.record_look(actor, "companies.audit.viewed", on=company, company_id=company.pk)
        return
    for market in Market.objects.filter(pk__in=markets_with(actor, READ)):
        audit.record_look(actor, "companies.audit.viewed", on=market, company_id=None)


def note_look_at_access(actor: Actor, company: Company) -> None:
    """Keeps that somebody read who has which rights in applications."""
    with company_scope([company.pk]):
        audit.record_look(actor, "companies.access.viewed", on=company, company_id=company.pk)


def note_look_at_customer(actor: Actor, company: Company) -> None:
    """Keeps that somebody of a dealer read the page about a customer."""
    with company_scope([company.pk]):
        audit.record_look(actor, "companies.customer.viewed", on=company, company_id=company.pk)


def note_look_at_case(actor: Actor, case: VerificationCase) -> None:
    """Keeps that somebody of a dealer, or the market's administrator, read a person's name and date of birth."""
    with company_scope([case.company_id]):
        audit.record_look(actor, "companies.case.viewed", on=case, company_id=case.company_id)
