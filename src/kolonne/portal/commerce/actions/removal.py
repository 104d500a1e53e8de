"""Services that go with their van, or before they began (PR-05, VH-04)."""

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce.actions.assignments import WRITE, end_lines
from kolonne.portal.commerce.actions.contracts import settle
from kolonne.portal.commerce.actions.profiles import write_profile
from kolonne.portal.commerce.models import Assignment, Contract, OrderItem
from kolonne.portal.commerce.queries import open_items
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Vehicle


def van_leaves(actor: Actor, vehicle: Vehicle) -> None:
    """Its services end at once, what it was to get is withdrawn, and its modules are told to be silent.

    Called by the removal itself, in its transaction and scope, which checked the right to it.
    """
    now = timezone.now()
    items = open_items(vehicle.company_id).filter(vehicle=vehicle)
    contracts = set(items.exclude(order__contract=None).values_list("order__contract", flat=True))
    withdrawn = OrderItem.objects.filter(pk__in=list(items.values_list("pk", flat=True))).update(withdrawn_at=now)
    running = Assignment.objects.filter(vehicle=vehicle, ended_at=None).select_related("vehicle")
    ended = end_lines(actor, list(running), now)
    if not ended:
        write_profile(vehicle)
    settle(actor, contracts)
    company = vehicle.company_id
    audit.record(actor, "commerce.van.silenced", on=vehicle, company_id=company, services=ended, ordered=withdrawn)


@transaction.atomic
def withdraw_waiting(*, actor: Actor, contract: Contract) -> int:
    """What of the contract waits for the check of its vans does not begin any more. How many services.

    Raises NotAllowed; Conflict `nothing_waits`.
    """
    require(actor, WRITE, contract.company_id)
    with company_scope([contract.company_id]):
        Company.objects.select_for_update(no_key=True).get(pk=contract.company_id)
        items = open_items(contract.company_id).filter(order__contract=contract)
        count = OrderItem.objects.filter(pk__in=list(items.values_list("pk", flat=True))).update(
            withdrawn_at=timezone.now()
        )
        if not count:
            raise Conflict("nothing_waits", f"nothing of {contract} waits")
        settle(actor, [contract.pk])
        audit.record(actor, "commerce.waiting.withdrawn", on=contract, company_id=contract.company_id, services=count)
    return count
