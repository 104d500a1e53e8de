from django.db import IntegrityError, transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce.actions.contracts import running_contract
from kolonne.portal.commerce.actions.profiles import write_profile
from kolonne.portal.commerce.catalogue import products
from kolonne.portal.commerce.models import Assignment, Contract, ContractState
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Vehicle

WRITE = "commerce.product:write"


@transaction.atomic
def assign_product(*, actor: Actor, vehicle: Vehicle, product: str) -> Assignment:
    """Puts a product on a van; its module is told at once (VH-03). Raises NotAllowed, Invalid, Conflict."""
    require(actor, WRITE, vehicle.company_id)
    check_fits(vehicle, product)
    with company_scope([vehicle.company_id]):
        assignment = start(actor, running_contract(actor, vehicle.company_id), vehicle, product)
        write_profile(vehicle)
    return assignment


def start(actor: Actor, contract: Contract, vehicle: Vehicle, product: str) -> Assignment:
    """The bare assignment; whoever calls writes the profile afterwards. Raises Conflict if the van has it already."""
    assignment = Assignment(company_id=vehicle.company_id, contract=contract, vehicle=vehicle, product=product)
    try:
        with transaction.atomic():
            assignment.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("already_assigned", f"{vehicle.vin} has {product} already") from error
    audit.record(actor, "commerce.product.assigned", on=vehicle, company_id=vehicle.company_id, product=product)
    return assignment


@transaction.atomic
def end_product(*, actor: Actor, vehicle: Vehicle, product: str) -> None:
    """Ends a product on a van; without any the module is told to be silent (VH-04). Raises NotAllowed, Conflict."""
    require(actor, WRITE, vehicle.company_id)
    with company_scope([vehicle.company_id]):
        running = Assignment.objects.filter(vehicle=vehicle, product=product, ended_at=None)
        if running.update(ended_at=timezone.now(), state=ContractState.ENDED) != 1:
            raise Conflict("not_assigned", f"{vehicle.vin} does not have {product}")
        audit.record(actor, "commerce.product.ended", on=vehicle, company_id=vehicle.company_id, product=product)
        write_profile(vehicle)


def check_fits(vehicle: Vehicle, product: str) -> None:
    """Raises Invalid for what is no product, or none for the drive of this van (PR-02)."""
    known = products()
    if product not in known:
        remedy = "one of " + ", ".join(known)
        raise Invalid("unknown_product", f"{product} is not a product", {"product": remedy})
    misfit = known[product].why_not(vehicle)
    if misfit is not None:
        remedy = "a product for this van; this one asks for " + ", ".join(misfit.wanted)
        raise Invalid("unfit_product", f"{product} does not fit: the van's {misfit.reason}", {"product": remedy})
