"""Communication modules come into a van and go."""

import hashlib
import secrets

from django.db import IntegrityError, transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.hooks import modules_changed
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle
from kolonne.wire.subjects import is_serial


@transaction.atomic
def enrol_module(*, actor: Actor, vehicle: Vehicle, serial: str) -> tuple[Module, str]:
    """Makes a module speak for a van; the secret is returned this once and kept as a hash only.

    Raises NotAllowed, Invalid, and Conflict if the serial is known or the van has a module already.
    """
    require(actor, "vehicles.module:write", vehicle.company_id)
    if not is_serial(serial):
        raise Invalid("invalid_serial", f"{serial} is not a serial", {"serial": "8 to 32 capital letters and digits"})
    secret = secrets.token_hex(32)
    with company_scope([vehicle.company_id]):
        module = Module(
            company_id=vehicle.company_id,
            vehicle=vehicle,
            serial=serial,
            secret_sha256=hashlib.sha256(secret.encode()).digest(),
        )
        try:
            with transaction.atomic():
                module.save(force_insert=True)
        except IntegrityError as error:
            raise _already_enrolled(vehicle, serial) from error
        audit.record(actor, "vehicles.module.enrolled", on=module, company_id=vehicle.company_id, vin=vehicle.vin)
        modules_changed(actor, vehicle)
        notify.notify(notify.MODULES, serial)
    return module, secret


def _already_enrolled(vehicle: Vehicle, serial: str) -> Conflict:
    """Which of the two it was; of another company's module nothing is told."""
    other = Module.objects.filter(vehicle=vehicle, status=ModuleStatus.ACTIVE).exclude(serial=serial).first()
    if other is not None:
        return Conflict("module_exists", f"{vehicle.vin} has the module {other.serial}: revoke that one first")
    return Conflict("serial_used", f"{serial} was enrolled before: a serial is used once, take the new module's own")


@transaction.atomic
def revoke_module(*, actor: Actor, module: Module) -> None:
    """The module is cut off within a second and never let in again. Raises NotAllowed, Conflict."""
    require(actor, "vehicles.module:write", module.company_id)
    with company_scope([module.company_id]):
        active = Module.objects.filter(pk=module.pk, status=ModuleStatus.ACTIVE)
        if active.update(status=ModuleStatus.REVOKED, revoked_at=timezone.now()) != 1:
            raise Conflict("already_revoked", f"{module.serial} is revoked already")
        audit.record(actor, "vehicles.module.revoked", on=module, company_id=module.company_id)
        modules_changed(actor, module.vehicle)
        notify.notify(notify.MODULES, module.serial)
