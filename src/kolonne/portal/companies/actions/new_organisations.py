"""Organisations that the administrators of a market create (B2-04)."""

from dataclasses import replace

from django.db import transaction

from kolonne.portal.companies.actions.newcomers import invite_person
from kolonne.portal.companies.actions.organisations import CompanyData, create_company
from kolonne.portal.companies.models import Company, Kind, Role
from kolonne.portal.identity.actions import PersonData
from kolonne.portal.lib.actor import Actor


@transaction.atomic
def create_organisation(
    *, actor: Actor, market: str, kind: Kind, data: CompanyData, administrator: PersonData
) -> Company:
    """An organisation with its first administrator, who is invited by mail; both or neither.

    Raises NotAllowed, Invalid, and Conflict for a user id or an address that somebody has.
    """
    company = create_company(
        actor=actor,
        name=data.name,
        market=market,
        kind=kind,
        time_zone=data.time_zone,
        data=replace(data, partner_id=None),
    )
    invite_person(actor=actor, company=company, person=administrator, roles=[Role.ADMINISTRATOR])
    return company
