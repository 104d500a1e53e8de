from django.db import IntegrityError, transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce.catalogue import products, union
from kolonne.portal.commerce.models import Assignment, Contract, ContractState, Profile
from kolonne.portal.companies.models import Company
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle


@transaction.atomic
def assign_product(*, actor: Actor, vehicle: Vehicle, product: str) -> Assignment:
    """Puts a product on a van; its module is told at once (VH-03). Raises NotAllowed, Invalid, Conflict."""
    require(actor, "commerce.product:write", vehicle.company_id)
    _check_fits(vehicle, product)
    with company_scope([vehicle.company_id]):
        assignment = Assignment(
            company_id=vehicle.company_id, contract=_running_contract(vehicle), vehicle=vehicle, product=product
        )
        try:
            with transaction.atomic():
                assignment.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("already_assigned", f"{vehicle.vin} has {product} already") from error
        audit.record(actor, "commerce.product.assigned", on=vehicle, company_id=vehicle.company_id, product=product)
        _write_profile(vehicle)
    return assignment


@transaction.atomic
def end_product(*, actor: Actor, vehicle: Vehicle, product: str) -> None:
    """Ends a product on a van; without any the module is told to be silent (VH-04). Raises NotAllowed, Conflict."""
    require(actor, "commerce.product:write", vehicle.company_id)
    with company_scope([vehicle.company_id]):
        running = Assignment.objects.filter(vehicle=vehicle, product=product, ended_at=None)
        if running.update(ended_at=timezone.now()) != 1:
            raise Conflict("not_assigned", f"{vehicle.vin} does not have {product}")
        audit.record(actor, "commerce.product.ended", on=vehicle, company_id=vehicle.company_id, product=product)
        _write_profile(vehicle)


def _check_fits(vehicle: Vehicle, product: str) -> None:
    known = products()
    if product not in known:
        remedy = "one of " + ", ".join(known)
        raise Invalid("unknown_product", f"{product} is not a product", {"product": remedy})
    drives = known[product].drives
    if drives and vehicle.drive not in drives:
        remedy = "a product for this drive; this one is for " + ", ".join(sorted(drives))
        raise Invalid("unfit_product", f"{product} does not fit a van with drive {vehicle.drive}", {"product": remedy})


def _running_contract(vehicle: Vehicle) -> Contract:
    # Locks the company's row, so that two first purchases at once share one contract.
    Company.objects.select_for_update().get(pk=vehicle.company_id)
    running = Contract.objects.filter(company_id=vehicle.company_id, state=ContractState.ACTIVE).first()
    return running or Contract.objects.create(company_id=vehicle.company_id)


def _write_profile(vehicle: Vehicle) -> None:
    """Makes the profile the union of the active assignments and wakes everybody who obeys it."""
    # Locks the van's row, so that two changes at once cannot write a union that misses one of them.
    Vehicle.objects.select_for_update().get(pk=vehicle.pk)
    active = Assignment.objects.filter(vehicle=vehicle, ended_at=None).values_list("product", flat=True)
    entitlement = union(products()[name] for name in active if name in products())
    profile, _ = Profile.objects.get_or_create(
        vehicle=vehicle, defaults={"company_id": vehicle.company_id, "version": 0, "signals": {}, "commands": []}
    )
    profile.version += 1
    profile.signals = entitlement.signals
    profile.commands = sorted(entitlement.commands)
    profile.save()
    serials = Module.objects.filter(vehicle=vehicle, status=ModuleStatus.ACTIVE).values_list("serial", flat=True)
    for serial in serials:
        notify.notify(notify.MODULES, serial)
