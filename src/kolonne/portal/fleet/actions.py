"""What the fleet tool writes: who looked at what (NF-06)."""

from kolonne.portal.audit.actions import record_look
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.vehicles.models import Vehicle
from kolonne.portal.vehicles.queries import companies_with_vans


def note_look_at_vans(actor: Actor) -> None:
    """Where all vans of the actor's companies are now."""
    for company in Company.objects.filter(pk__in=companies_with_vans(actor)):
        record_look(actor, "fleet.vans.viewed", on=company, company_id=company.pk)


def note_look_at_vehicle(actor: Actor, vehicle: Vehicle) -> None:
    """Where one van is and what it measures."""
    record_look(actor, "fleet.vehicle.viewed", on=vehicle, company_id=vehicle.company_id)


def note_look_at_history(actor: Actor, vehicle: Vehicle) -> None:
    """Where one van was."""
    record_look(actor, "fleet.history.viewed", on=vehicle, company_id=vehicle.company_id)
