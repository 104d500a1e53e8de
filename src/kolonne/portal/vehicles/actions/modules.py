"""Communication modules come into a van and go, and share its signals."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope, module_scope
from kolonne.portal.vehicles.hooks import modules_changed
from kolonne.portal.vehicles.models import Module, ModuleCertificate, ModuleStatus, Vehicle
from kolonne.wire import signals
from kolonne.wire.subjects import is_serial

MODULE_WRITE = "vehicles.module:write"
MAX_MODULES = 8
"""In one van."""
_ASIDE = 100
"""Ranks while they are exchanged; no two modules in service may have the same at any moment."""


@dataclass(frozen=True)
class Place:
    """Where a new module stands among those of its van."""

    rank: int | None = None
    """None is behind all others."""
    provides: Sequence[str] = ()
    may_replace: bool = False
    """The same device may be in service in this very van: its present row ends with the new one."""


@transaction.atomic
def enrol_module(
    *, actor: Actor, vehicle: Vehicle, serial: str, rank: int | None = 0, provides: Sequence[str] = ()
) -> tuple[Module, str]:
    """Makes a module speak for a van; the secret is returned this once and kept as a hash only. `rank` None puts it
    behind the van's other modules.

    Raises NotAllowed, Invalid, and Conflict if the serial is in service or the rank is taken.
    """
    require(actor, MODULE_WRITE, vehicle.company_id)
    secret = secrets.token_hex(32)
    digest = hashlib.sha256(secret.encode()).digest()
    return install(actor, vehicle, serial, digest, Place(rank, provides)), secret


def install(actor: Actor, vehicle: Vehicle, serial: str, secret_sha256: bytes | None, place: Place) -> Module:
    """The row of a module that comes into service; for whoever has checked that it may. Raises Invalid, Conflict."""
    if not is_serial(serial):
        raise Invalid("invalid_serial", f"{serial} is not a serial", {"serial": "8 to 32 capital letters and digits"})
    check_provides(place.provides)
    with company_scope([vehicle.company_id]):
        van = Vehicle.ever.select_for_update().get(pk=vehicle.pk)
        if van.removed_at is not None:
            raise Conflict("van_removed", f"{van.vin} was removed")
        freed = _make_way(actor, van, serial, may_replace=place.may_replace)
        module = Module(
            company_id=van.company_id,
            vehicle=van,
            serial=serial,
            secret_sha256=secret_sha256,
            rank=_free_rank(van, place.rank if freed is None else freed),
            provides=list(place.provides),
        )
        try:
            with transaction.atomic():
                module.save(force_insert=True)
        except IntegrityError as error:
            raise _serial_used(serial) from error
        audit.record(actor, "vehicles.module.enrolled", on=module, company_id=van.company_id, vin=van.vin)
        modules_changed(actor, van)
        notify.notify(notify.MODULES, serial)
    return module


@transaction.atomic
def revoke_module(*, actor: Actor, module: Module) -> None:
    """The module is cut off within a second, with all its certificates; enrolled anew it is another one.

    Raises NotAllowed, Conflict."""
    require(actor, MODULE_WRITE, module.company_id)
    with company_scope([module.company_id]):
        if not _end(module):
            raise Conflict("already_revoked", f"{module.serial} is revoked already")
        audit.record(actor, "vehicles.module.revoked", on=module, company_id=module.company_id)
        modules_changed(actor, Vehicle.ever.get(pk=module.vehicle_id))


@transaction.atomic
def put_in_charge(*, actor: Actor, module: Module) -> None:
    """Of all modules of its van this one is asked first from now on. Raises NotAllowed, Conflict."""
    require(actor, MODULE_WRITE, module.company_id)
    with company_scope([module.company_id]):
        van = Vehicle.ever.select_for_update().get(pk=module.vehicle_id)
        others = list(_in_service(van).exclude(pk=module.pk).order_by("rank"))
        mine = _in_service(van).filter(pk=module.pk).first()
        if mine is None:
            raise Conflict("not_in_service", f"{module.serial} is not in service")
        order = [mine, *others]
        for shift in (_ASIDE, 0):
            for rank, one in enumerate(order):
                Module.objects.filter(pk=one.pk).update(rank=rank + shift)
        audit.record(actor, "vehicles.module.in_charge", on=module, company_id=van.company_id, vin=van.vin)
        modules_changed(actor, van)


@transaction.atomic
def change_provides(*, actor: Actor, module: Module, provides: Sequence[str]) -> None:
    """What a module is asked for; nothing means everything. Raises NotAllowed, Invalid, Conflict."""
    require(actor, MODULE_WRITE, module.company_id)
    check_provides(provides)
    with company_scope([module.company_id]):
        van = Vehicle.ever.select_for_update().get(pk=module.vehicle_id)
        if _in_service(van).filter(pk=module.pk).update(provides=list(provides)) != 1:
            raise Conflict("not_in_service", f"{module.serial} is not in service")
        names = ", ".join(provides) or "all"
        audit.record(
            actor, "vehicles.module.provides", on=module, company_id=van.company_id, vin=van.vin, provides=names
        )
        modules_changed(actor, van)


def check_provides(provides: Sequence[str]) -> None:
    """Raises Invalid unless all are signals or groups of the catalogue."""
    known = signals.catalogue()
    allowed = known.keys() | {f"group:{signal.group}" for signal in known.values()}
    unknown = sorted(set(provides) - allowed)
    if unknown:
        remedy = "signals of the catalogue, or group: and the name of a group"
        raise Invalid("unknown_signal", f"{', '.join(unknown)} is no signal", {"provides": remedy})


def _make_way(actor: Actor, van: Vehicle, serial: str, *, may_replace: bool) -> int | None:
    """Ends an earlier life of the device that is over but for the wipe; the rank that it had in this very van. Of one
    that goes on elsewhere nothing is told: the refusal is the same, whoever has it."""
    with module_scope(serial):
        before = Module.objects.filter(serial=serial).exclude(status=ModuleStatus.REVOKED).first()
    if before is None:
        return None
    is_here = before.vehicle_id == van.pk and before.status == ModuleStatus.ACTIVE
    if before.status == ModuleStatus.ACTIVE and not (may_replace and is_here):
        raise _serial_used(serial)
    with company_scope([before.company_id]):
        if _end(before):
            # Who has the device now is none of the earlier company's business.
            who = actor if before.company_id == van.company_id else Actor.system("enrolled anew")
            audit.record(who, "vehicles.module.revoked", on=before, company_id=before.company_id)
    return before.rank if is_here else None


def _end(module: Module) -> bool:
    """In the scope of its company. False if somebody else was faster."""
    now = timezone.now()
    alive = Module.objects.filter(pk=module.pk).exclude(status=ModuleStatus.REVOKED)
    if alive.update(status=ModuleStatus.REVOKED, revoked_at=now) != 1:
        return False
    ModuleCertificate.objects.filter(module_id=module.pk, revoked_at=None).update(revoked_at=now)
    notify.notify(notify.MODULES, module.serial)
    return True


def _in_service(van: Vehicle) -> "QuerySet[Module]":
    return Module.objects.filter(vehicle=van, status=ModuleStatus.ACTIVE)


def _free_rank(van: Vehicle, wanted: int | None) -> int:
    """Raises Conflict. The van's row is locked, so that nobody takes the rank meanwhile."""
    taken = dict(_in_service(van).values_list("rank", "serial"))
    if len(taken) >= MAX_MODULES:
        raise Conflict("too_many_modules", f"{van.vin} has {len(taken)} modules")
    if wanted is None:
        return max(taken, default=-1) + 1
    if wanted in taken:
        raise Conflict(
            "module_exists",
            f"{van.vin} has the module {taken[wanted]}: revoke that one first, or add this one beside it",
        )
    return wanted


def _serial_used(serial: str) -> Conflict:
    return Conflict(
        "serial_used", f"{serial} is in service: revoke it there first, or take the new module's own serial"
    )
