"""What becomes of claims when a deadline passes; runs daily, catches up, and does nothing twice."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles.actions.changing import OTHER_SIDE, let_lapse, move, note, release_claim, tell, together
from kolonne.portal.vehicles.actions.claims import end_request, lapse_after
from kolonne.portal.vehicles.models import LIVE, WITH_OWNER, Claim, ClaimState, Vehicle
from kolonne.portal.vehicles.queries.ownership import is_reserved_elsewhere, owner_of

log = structlog.get_logger()


def keep_deadlines(*, actor: Actor, now: datetime) -> int:
    """How many claims moved. For the worker: one that cannot be moved stops none of the others. Raises NotAllowed."""
    if not actor.is_system:
        raise NotAllowed("vehicles.claim:decide")
    moved = 0
    for company, pk in _due(now):
        try:
            moved += _keep(company, pk, now)
        except Exception:
            log.exception("the deadline of a claim cannot be kept", company=company, claim=pk)
    return moved


def _due(now: datetime) -> list[tuple[int, int]]:
    """(company, claim) of those whose time is over, and of those whose van is nobody's any more."""
    with company_scope(all_companies()):
        live = Claim.objects.filter(state__in=LIVE).order_by("pk")
        late = live.filter(until__lte=now)
        orphans = live.filter(~Exists(Vehicle.objects.filter(vin=OuterRef("vin"))), state__in=WITH_OWNER)
        return list((late | orphans).values_list("company_id", "pk"))


@transaction.atomic
def _keep(company_id: int, pk: int, now: datetime) -> bool:
    with company_scope([company_id]):
        vin = Claim.objects.values_list("vin", flat=True).get(pk=pk)
    van = owner_of(vin)
    with together({company_id, *([van.company_id] if van else [])}):
        claim = Claim.objects.select_for_update().get(pk=pk)
        if van is None and claim.is_with_owner and not is_reserved_elsewhere(company_id, vin):
            release_claim(claim)  # its company is gone
            return True
        if claim.until is None or claim.until > now or claim.state not in LIVE:
            return False  # another run was faster
        if claim.state == ClaimState.ASKED:
            _go_on(claim)
        else:
            let_lapse(claim)
            end_request(claim, "claim_withdrawn")
    return True


def _go_on(claim: Claim) -> None:
    """The owner can still answer; the claimant need not wait for it any more."""
    move(claim, ClaimState.UNANSWERED, lapse_after())
    note(OTHER_SIDE, "vehicles.claim.unanswered", claim)
    tell(claim.company_id, "claim_unanswered", vin=claim.vin, page=claim.pk, on=claim.until)
