"""Lines of contracts begin, and the operator's own command line begins and ends them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce.actions.contracts import contract_without_order, settle
from kolonne.portal.commerce.actions.profiles import write_profile
from kolonne.portal.commerce.catalogue import products
from kolonne.portal.commerce.models import Assignment, Contract, ContractState
from kolonne.portal.commerce.periods import end_of_months
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Vehicle

WRITE = "commerce.product:write"


@dataclass(frozen=True)
class Agreed:
    """What was agreed about a line when it was ordered."""

    price: Decimal = Decimal(0)
    single_price: Decimal | None = None
    trial_months: int = 0
    notice_months: int = 1
    converts: bool = False
    package: str = ""
    terms: str = ""


@transaction.atomic
def assign_product(*, actor: Actor, vehicle: Vehicle, product: str) -> Assignment:
    """Puts a product on a van without an order and free of charge; its module is told at once (VH-03).

    Raises NotAllowed, Invalid, Conflict.
    """
    require(actor, WRITE, vehicle.company_id)
    check_fits(vehicle, product)
    with company_scope([vehicle.company_id]):
        contract = contract_without_order(actor, vehicle.company_id)
        if not Vehicle.objects.select_for_update().filter(pk=vehicle.pk).exists():
            raise Conflict("van_removed", f"{vehicle.vin} was removed")
        assignment = start(actor, contract, vehicle, product, Agreed())
        settle(actor, [contract.pk])
        write_profile(vehicle)
    return assignment


def start(
    actor: Actor, contract: Contract, vehicle: Vehicle, product: str, agreed: Agreed, now: datetime | None = None
) -> Assignment:
    """The bare line; whoever calls settles the contract and writes the profile afterwards. Raises Conflict if the van
    has the product already."""
    now = now or timezone.now()
    line = Assignment(
        company_id=vehicle.company_id,
        contract=contract,
        vehicle=vehicle,
        product=product,
        package=agreed.package,
        price=agreed.price,
        single_price=agreed.single_price,
        notice_months=agreed.notice_months,
        terms=agreed.terms,
        converts=agreed.converts and agreed.trial_months > 0,
        since=now,
    )
    if agreed.trial_months:
        zone = Company.objects.values_list("time_zone", flat=True).get(pk=vehicle.company_id)
        line.state = ContractState.TRIAL
        line.trial_until = end_of_months(now, agreed.trial_months, zone)
        line.ends_at = None if line.converts else line.trial_until
    try:
        with transaction.atomic():
            line.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("already_assigned", f"{vehicle.vin} has {product} already") from error
    audit.record(actor, "commerce.product.assigned", on=vehicle, company_id=vehicle.company_id, product=product)
    return line


@transaction.atomic
def end_product(*, actor: Actor, vehicle: Vehicle, product: str) -> None:
    """Ends a product on a van at once, without notice: for the operator's own people. Without any product the module
    is told to be silent (VH-04). Raises NotAllowed, Conflict."""
    require(actor, WRITE, vehicle.company_id)
    with company_scope([vehicle.company_id]):
        line = Assignment.objects.filter(vehicle=vehicle, product=product, ended_at=None).first()
        if line is None or not end_lines(actor, [line], timezone.now()):
            raise Conflict("not_assigned", f"{vehicle.vin} does not have {product}")
        audit.record(actor, "commerce.product.ended", on=vehicle, company_id=vehicle.company_id, product=product)


def end_lines(actor: Actor, lines: Collection[Assignment], at: datetime | None = None) -> int:
    """Ends lines, each with its day if `at` is None; profiles and contracts follow. How many ran until now.

    Needs a transaction and the company's scope. Whoever calls writes the audit.
    """
    vans = {line.vehicle_id: line.vehicle for line in lines}
    # The vans first and in order, as everywhere: two acts that meet wait for each other instead of for ever.
    list(Vehicle.ever.select_for_update().filter(pk__in=vans).order_by("pk").values_list("pk"))
    ended = 0
    for line in lines:
        running = Assignment.objects.filter(pk=line.pk, ended_at=None)
        ended += running.update(ended_at=at or line.ends_at or line.trial_until, state=ContractState.ENDED)
    for pk in sorted(vans):
        write_profile(vans[pk])
    settle(actor, {line.contract_id for line in lines})
    return ended


def check_fits(vehicle: Vehicle, product: str) -> None:
    """Raises Invalid for what is no product, or none for this van (PR-02)."""
    known = products()
    if product not in known:
        remedy = "one of " + ", ".join(known)
        raise Invalid("unknown_product", f"{product} is not a product", {"product": remedy})
    misfit = known[product].why_not(vehicle)
    if misfit is not None:
        remedy = f"a product for this van; this one is for {misfit.reason}: {', '.join(misfit.wanted)}"
        raise Invalid("unfit_product", f"{product} does not fit {vehicle.vin}", {"product": remedy})
