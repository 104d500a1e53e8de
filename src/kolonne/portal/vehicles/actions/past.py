"""Since when a van counts as its company's: readings from before that are refused (VH-04)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle


@transaction.atomic
def begin_earlier(*, actor: Actor, vehicle: Vehicle, since: datetime) -> None:
    """The van and the modules in service in it count as the company's since then, if not earlier: the operator's word
    that recordings from before it was added are this company's own.

    Raises NotAllowed for everybody but the operator; Invalid; Conflict where the van or a module was somebody else's.
    """
    if not actor.is_system:
        raise NotAllowed("vehicles.vehicle:begin_earlier")
    with company_scope([vehicle.company_id]):
        van = Vehicle.objects.select_for_update().filter(pk=vehicle.pk).first()
        if van is None:
            raise Conflict("van_removed", f"{vehicle.vin} was removed")
        modules = list(Module.objects.filter(vehicle=van, status=ModuleStatus.ACTIVE))
    if since > timezone.now():
        raise Invalid("in_the_future", f"{since.isoformat()} has not come yet", {"since": "a time in the past"})
    with company_scope(all_companies()):
        sold = Vehicle.ever.filter(vin=van.vin).aggregate(last=Max("removed_at"))["last"]
        elsewhere = Module.objects.filter(serial__in=[module.serial for module in modules]).exclude(vehicle=van)
        moved = elsewhere.aggregate(last=Max("revoked_at"))["last"]
    for ended, what in ((sold, van.vin), (moved, f"a module of {van.vin}")):
        if ended is not None and since < ended:
            raise Conflict("had_another_life", f"{what} was in use elsewhere until {ended:%Y-%m-%d %H:%M} UTC")
    with company_scope([van.company_id]):
        Vehicle.objects.filter(pk=van.pk, added_at__gt=since).update(added_at=since)
        for module in modules:
            Module.objects.filter(pk=module.pk, enrolled_at__gt=since).update(enrolled_at=since)
            notify.notify(notify.MODULES, module.serial)
        said = since.isoformat(timespec="minutes")
        audit.record(actor, "vehicles.vehicle.begun_earlier", on=van, company_id=van.company_id, since=said)
