"""What a van's services allow of the time before they began."""

from datetime import datetime

from django.db import transaction

from kolonne.portal.commerce.models import ServicePeriod
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.models import Vehicle


@transaction.atomic
def admit_past(*, actor: Actor, vehicle: Vehicle, since: datetime) -> None:
    """Recordings of this van count since then, for all that its services want today: what another system collected
    before it came to this one.

    Raises what `begin_earlier` raises, and Conflict while the van has no service.
    """
    vehicles.begin_earlier(actor=actor, vehicle=vehicle, since=since)
    with company_scope([vehicle.company_id]):
        running = ServicePeriod.objects.filter(vehicle=vehicle, until=None)
        if not running.exclude(signals=[]).exists():
            raise Conflict("no_service", f"{vehicle.vin} has no product that collects: assign one first")
        running.filter(since__gt=since).update(since=since)
