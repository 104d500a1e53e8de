"""Vans leave a company."""

from django.db import transaction
from django.db.models import ProtectedError

from kolonne.portal.audit import actions as audit
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.vehicles import queries
from kolonne.portal.vehicles.actions.changing import (
    TRANSFER,
    answer_requests,
    first_claim,
    parties_of,
    still_there,
    take_out,
    together,
)
from kolonne.portal.vehicles.models import Handover, OwnershipRequest, Removal, Vehicle


@transaction.atomic
def remove_vehicle(*, actor: Actor, vehicle: Vehicle) -> bool:
    """The van leaves its company and its VIN is free again; whether its past was kept.

    One that never had a module nor a service is deleted: there is nothing to keep. Whoever claimed the van first has
    its VIN reserved. Raises NotAllowed; Conflict `removed_already`, and what hooks raise.
    """
    require(actor, TRANSFER, vehicle.company_id)
    with together(parties_of(vehicle)):
        van = still_there(vehicle)
        answer_requests(van, first_claim(van))
        if queries.is_removable(van) and _delete(actor, van):
            return False
        take_out(actor, van, Removal.REMOVED)
    return True


def _delete(actor: Actor, van: Vehicle) -> bool:
    """False for a van that has something to keep."""
    try:
        with transaction.atomic():
            audit.record(actor, "vehicles.vehicle.removed", on=van, company_id=van.company_id, vin=van.vin)
            OwnershipRequest.objects.filter(vehicle=van).delete()
            Handover.objects.filter(vehicle=van).delete()
            van.delete()
    except ProtectedError:
        return False
    return True
