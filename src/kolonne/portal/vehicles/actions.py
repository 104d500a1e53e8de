import hashlib
import secrets
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Company
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Drive, Module, ModuleStatus, Vehicle
from kolonne.wire.subjects import VIN, is_serial


@dataclass(frozen=True)
class VehicleData:
    """What people tell about a van; everything but the VIN may stay empty."""

    plate: str = ""
    name: str = ""
    make: str = ""
    model: str = ""
    model_year: int | None = None
    drive: str = Drive.ELECTRIC
    driver: str = ""


@transaction.atomic
def add_vehicle(*, actor: Actor, company: Company, vin: str, data: VehicleData | None = None) -> Vehicle:
    """A van of this company. Raises NotAllowed, Invalid, and Conflict if the VIN is active anywhere (VH-02)."""
    require(actor, "vehicles.vehicle:write", company.pk)
    data = data or VehicleData()
    vin = vin.strip().upper()
    if not VIN.fullmatch(vin):
        remedy = "17 letters and digits without I, O and Q, as in the registration document"
        raise Invalid("invalid_vin", f"{vin} is not a VIN", {"vin": remedy})
    if data.drive not in Drive.values:
        raise Invalid("invalid_drive", f"{data.drive} is not a drive", {"drive": "one of " + ", ".join(Drive.values)})
    with company_scope([company.pk]):
        vehicle = Vehicle(company=company, vin=vin, **vars(data))
        try:
            with transaction.atomic():
                vehicle.save(force_insert=True)
        except IntegrityError as error:
            # The answer names no owner, whoever it is.
            raise Conflict("vin_taken", f"{vin} is active in a company already", field="vin") from error
        audit.record(actor, "vehicles.vehicle.added", on=vehicle, company_id=company.pk, vin=vin)
    return vehicle


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
        notify.notify(notify.MODULES, module.serial)
