"""Somebody is asked to let a van go (VH-02): the present owner's side."""

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.vehicles.actions.changing import (
    OTHER_SIDE,
    TRANSFER,
    answer_requests,
    move,
    note,
    parties_of,
    still_there,
    take_out,
    tell,
    together,
)
from kolonne.portal.vehicles.actions.claims import lapse_after
from kolonne.portal.vehicles.models import MOVES, Claim, ClaimState, OwnershipRequest, Removal, RequestState


@transaction.atomic
def release_van(*, actor: Actor, request: OwnershipRequest) -> None:
    """The van leaves the company and is reserved for whoever asked. Raises NotAllowed; Conflict `request_over`,
    `removed_already`, and what hooks raise."""
    require(actor, TRANSFER, request.company_id)
    with together(parties_of(request.vehicle)):
        current = _still_open(request)
        van = still_there(current.vehicle)
        answer_requests(van, current.claim)
        OwnershipRequest.objects.filter(pk=request.pk).update(answered_at=timezone.now(), answered_by=actor.label)
        take_out(actor, van, Removal.RELEASED, organisation=current.claimant_name)


@transaction.atomic
def object_to_claim(*, actor: Actor, request: OwnershipRequest) -> None:
    """The van is the company's own: the other one can go to a dealer. Raises NotAllowed; Conflict `request_over`."""
    require(actor, TRANSFER, request.company_id)
    with together(parties_of(request.vehicle)):
        current = _still_open(request)
        if current.state != RequestState.OPEN:
            raise Conflict("request_over", "this request was answered already")
        current.state, current.answered_at, current.answered_by = RequestState.OBJECTED, timezone.now(), actor.label
        current.save(update_fields=["state", "answered_at", "answered_by"])
        van = current.vehicle
        audit.record(
            actor, "vehicles.claim.objected", on=van, company_id=current.company_id, vin=van.vin,
            organisation=current.claimant_name,
        )  # fmt: skip
        claim = Claim.objects.filter(pk=current.claim, state__in=MOVES[ClaimState.OBJECTED]).first()
        if claim is not None:
            move(claim, ClaimState.OBJECTED, lapse_after())
            note(OTHER_SIDE, "vehicles.claim.objected", claim)
            tell(claim.company_id, "claim_objected", vin=claim.vin, page=claim.pk, on=claim.until)


def _still_open(request: OwnershipRequest) -> OwnershipRequest:
    found = OwnershipRequest.objects.select_for_update(of=("self",)).select_related("vehicle").filter(pk=request.pk)
    current = found.first()
    if current is None or current.state not in {RequestState.OPEN, RequestState.OBJECTED}:
        raise Conflict("request_over", "this request is over")
    return current
