"""A removed van's modules are told to forget what they have, and cut off when they did (VH-05)."""

from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KT
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commands.lifecycle import State
from kolonne.portal.commands.models import Command, CommandStep, Via
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle
from kolonne.wire.commands import OWN_KINDS, WIPE

LONGEST = timedelta(seconds=OWN_KINDS[WIPE].seconds_to_live)
"""A module that did not come by then is cut off without: what it still has, nobody takes from it any more."""


def order_wipes(actor: Actor, vehicle: Vehicle) -> None:
    """One command for each module that is retiring. In the transaction of the removal."""
    retiring = Module.objects.filter(vehicle=vehicle, status=ModuleStatus.RETIRING)
    for serial in retiring.order_by("rank").values_list("serial", flat=True):
        now = timezone.now()
        command = Command.objects.create(
            id=uuid4(),
            company_id=vehicle.company_id,
            vehicle=vehicle,
            name=WIPE,
            args={"serial": serial},
            user_id=actor.user_id,
            requested_by=actor.label,
            via=Via.PAGE,
            created_at=now,
            expires_at=now + LONGEST,
        )
        CommandStep.objects.create(company_id=vehicle.company_id, command=command, state=State.QUEUED.value, at=now)
        audit.record(actor, "commands.wipe.ordered", on=command, company_id=vehicle.company_id, serial=serial)
        notify.notify(notify.COMMANDS, str(command.pk))


def cut_off_wiped(*, actor: Actor) -> int:
    """Modules that are wiped, cannot be, or did not come in time are let in no more; answers how many. For the worker:
    idempotent, and whatever a standstill left undone is done with the next run."""
    if not actor.is_system:
        raise NotAllowed("vehicles.module:write")
    return sum(_cut_off(actor, company) for company in all_companies())


@transaction.atomic
def _cut_off(actor: Actor, company: int) -> int:
    with company_scope([company]):
        orders = Command.objects.annotate(to=KT("args__serial")).filter(
            vehicle_id=OuterRef("vehicle_id"), name=WIPE, to=OuterRef("serial")
        )
        over = orders.filter(state__in=[State.DONE, State.FAILED, State.EXPIRED])
        late = Q(vehicle__removed_at__lte=timezone.now() - LONGEST)
        retiring = Module.objects.filter(company_id=company, status=ModuleStatus.RETIRING)
        found = list(retiring.filter(Exists(over) | late).select_for_update(of=("self",)).order_by("pk"))
        for module in found:
            module.status, module.revoked_at = ModuleStatus.REVOKED, timezone.now()
            module.save(update_fields=["status", "revoked_at"])
            audit.record(actor, "vehicles.module.revoked", on=module, company_id=company)
            notify.notify(notify.MODULES, module.serial)
    return len(found)
