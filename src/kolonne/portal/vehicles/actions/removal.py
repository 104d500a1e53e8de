"""Vans leave a company."""

from django.db import transaction
from django.db.models import ProtectedError

from kolonne.portal.audit import actions as audit
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import queries
from kolonne.portal.vehicles.actions.vans import WRITE
from kolonne.portal.vehicles.models import Vehicle


@transaction.atomic
def remove_vehicle(*, actor: Actor, vehicle: Vehicle) -> None:
    """Deletes a van that never had a module nor a service, so that its VIN is free again.

    Raises NotAllowed; Conflict `has_history` for any other van: what it did belongs to the company's records.
    """
    require(actor, WRITE, vehicle.company_id)
    with company_scope([vehicle.company_id]):
        if not queries.is_removable(Vehicle.objects.select_for_update().get(pk=vehicle.pk)):
            raise Conflict("has_history", f"{vehicle.vin} was in service")
        audit.record(actor, "vehicles.vehicle.removed", on=vehicle, company_id=vehicle.company_id, vin=vehicle.vin)
        try:
            with transaction.atomic():
                Vehicle.objects.filter(pk=vehicle.pk).delete()
        except ProtectedError as error:
            raise Conflict("has_history", f"{vehicle.vin} was in service") from error
