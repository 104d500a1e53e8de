import hashlib
import secrets
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Company
from kolonne.portal.identity import limits
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import queries
from kolonne.portal.vehicles.models import Drive, Module, ModuleStatus, RefusedVin, Vehicle
from kolonne.wire.subjects import VIN, is_serial

WRITE = "vehicles.vehicle:write"
CHECK = "companies.case:write"
MAX_REASON = 300


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


LIMIT = "vin_taken"
"""Name of the limit on VINs that turned out to be taken, by company."""


def add_by_hand(*, actor: Actor, company: Company, vin: str, data: VehicleData) -> Vehicle:
    """`add_vehicle` for people, who shall not find out by trying which VINs exist elsewhere (VH-02).

    Raises what `add_vehicle` raises, Conflict `too_many_vins` when too many of a day were taken, and `own_vin`.
    """
    require(actor, WRITE, company.pk)
    tries = limits.use(LIMIT, company.pk)
    if tries is None:
        raise Conflict("too_many_vins", "too many VINs of today are active elsewhere", field="vin")
    try:
        return add_vehicle(actor=actor, company=company, vin=vin, data=data)
    except Conflict as error:
        with company_scope([company.pk]):
            is_ours = Vehicle.objects.filter(company=company, vin=vin.strip().upper()).exists()
        if not is_ours:
            tries = None
            raise
        raise Conflict("own_vin", f"{vin} is in this company already", field="vin") from error
    finally:
        if tries is not None:
            tries.rollback()


@transaction.atomic
def add_vehicle(*, actor: Actor, company: Company, vin: str, data: VehicleData | None = None) -> Vehicle:
    """A van of this company. Raises NotAllowed, Invalid, and Conflict if the VIN is active anywhere (VH-02).

    A van of a verified company counts as verified on the company's word, because a dealer knows who gives it; unless
    he refused this very VIN before. Vans added before the company's own check are looked at in it (VE-02).
    """
    require(actor, WRITE, company.pk)
    data = data or VehicleData()
    vin = vin.strip().upper()
    if not VIN.fullmatch(vin):
        remedy = "17 letters and digits without I, O and Q, as in the registration document"
        raise Invalid("invalid_vin", f"{vin} is not a VIN", {"vin": remedy})
    if data.drive not in Drive.values:
        raise Invalid("invalid_drive", f"{data.drive} is not a drive", {"drive": "one of " + ", ".join(Drive.values)})
    with company_scope([company.pk]):
        vehicle = Vehicle(company=company, vin=vin, verification=_first_word(company, vin), **vars(data))
        try:
            with transaction.atomic():
                vehicle.save(force_insert=True)
        except IntegrityError as error:
            # The answer names no owner, whoever it is.
            raise Conflict("vin_taken", f"{vin} is active in a company already", field="vin") from error
        audit.record(actor, "vehicles.vehicle.added", on=vehicle, company_id=company.pk, vin=vin)
    return vehicle


def _first_word(company: Company, vin: str) -> Verification:
    # Locks the company's row: a check that ends just now either sees this van or is seen by it.
    known = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    was_refused = RefusedVin.objects.filter(company=company, vin=vin).exists()
    is_trusted = known.verification == Verification.VERIFIED and not was_refused
    return Verification.VERIFIED if is_trusted else Verification.UNVERIFIED


@transaction.atomic
def note_check(*, actor: Actor, vehicle: Vehicle, verified: bool, reason: str = "") -> None:
    """What a dealer found when he compared a van with its papers (VE-02). Who may look at the company's case was
    checked by whoever opened it. Raises NotAllowed to all but dealers, Invalid for a refusal without a reason."""
    if not actor.is_system and not any(CHECK in rights for rights in actor.rights.values()):
        raise NotAllowed(CHECK)
    reason = "" if verified else " ".join(reason.split())[:MAX_REASON]
    if not verified and not reason:
        raise Invalid("no_reason", "a refusal has a reason", {"reason": "what the company has to put right"})
    with company_scope([vehicle.company_id]):
        vehicle.verification = Verification.VERIFIED if verified else Verification.REFUSED
        vehicle.verification_reason = reason
        vehicle.save(update_fields=["verification", "verification_reason"])
        refused = RefusedVin.objects.filter(company_id=vehicle.company_id, vin=vehicle.vin)
        if verified:
            refused.delete()
        elif not refused.exists():
            RefusedVin.objects.create(company_id=vehicle.company_id, vin=vehicle.vin)
        verb = "vehicles.vehicle.verified" if verified else "vehicles.vehicle.refused"
        audit.record(actor, verb, on=vehicle, company_id=vehicle.company_id, vin=vehicle.vin, reason=reason)


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
