"""Somebody whose van is active in another company asks for it (VH-02, VH-09): the claimant's side."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.gate import require_verified
from kolonne.portal.companies.models import Company
from kolonne.portal.identity import limits
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.actions.changing import (
    OTHER_SIDE,
    TRANSFER,
    WAITING,
    ask,
    move,
    note,
    still_there,
    tell,
    together,
)
from kolonne.portal.vehicles.actions.vans import VehicleData, add_vehicle
from kolonne.portal.vehicles.models import Claim, ClaimState, OwnershipRequest, RequestState, Vehicle
from kolonne.portal.vehicles.queries.ownership import arbiters_of, owned_elsewhere

CLAIM_LIMIT, LIMIT_OF_PERSON, AGAIN_LIMIT = "vin_claim", "vin_claim_person", "vin_claim_again"
"""Of a company, of a person with whatever companies, and for one van: an owner is not asked every hour."""


def ask_owner(*, actor: Actor, company: Company, vin: str, data: VehicleData) -> Claim:
    """Asks whoever has the van to remove it; he learns the company's name, and the company nothing of him.

    Raises NotAllowed; Conflict `unverified` (VE-01), `too_many_claims`, `already_asked`, `own_vin`, `vin_free`, and
    `vin_reserved` when it is about to become another company's.
    """
    require(actor, TRANSFER, company.pk)
    require_verified(actor, company)
    keys = [(CLAIM_LIMIT, company.pk), (AGAIN_LIMIT, f"{company.pk} {vin}"), (LIMIT_OF_PERSON, actor.user_id)]
    if not all(limits.allows(name, key) for name, key in keys if key is not None):
        raise Conflict("too_many_claims", "enough claims for today")
    return _claim(actor, company, vin, data)


@transaction.atomic  # not around the limit: a try that is refused counts, too
def _claim(actor: Actor, company: Company, vin: str, data: VehicleData) -> Claim:
    found = owned_elsewhere(company.pk, vin)
    with together([company.pk, found.company_id]):
        van = still_there(found)
        now = timezone.now()
        until = now + timedelta(days=settings.CLAIM_DAYS)
        claim = Claim(company=company, vin=van.vin, data=asdict(data), asked_by=actor.label, asked_at=now, until=until)
        try:
            with transaction.atomic():
                claim.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("already_asked", f"{company} claims {vin} already") from error
        note(actor, "vehicles.claim.asked", claim)
        ask(claim, van, company)
    return claim


@transaction.atomic
def withdraw_claim(*, actor: Actor, claim: Claim) -> None:
    """Raises NotAllowed; Conflict `claim_moved` when it is over already."""
    require(actor, TRANSFER, claim.company_id)
    with together({claim.company_id, *_owners(claim)}):
        move(claim, ClaimState.WITHDRAWN)
        note(actor, "vehicles.claim.withdrawn", claim)
        end_request(claim, "claim_withdrawn")


@transaction.atomic
def take_to_dealer(*, actor: Actor, claim: Claim, dealer_id: int | None) -> None:
    """To a dealer whose customer the company is (VE-04), or (None) to the support of its market. The owner is told, so
    that he can show his papers, too. Raises NotAllowed, NotFound for another dealer; Conflict `claim_moved`."""
    require(actor, TRANSFER, claim.company_id)
    with company_scope([claim.company_id]):
        company = Company.objects.select_related("company").get(pk=claim.company_id)
    arbiters = {one.pk: str(one) for one in arbiters_of(company)}
    if dealer_id is not None and dealer_id not in arbiters:
        raise NotFound("dealer")
    with together({claim.company_id, *_owners(claim)}):
        move(claim, ClaimState.AT_DEALER)
        Claim.objects.filter(pk=claim.pk).update(dealer_id=dealer_id)
        name = arbiters.get(dealer_id, "") if dealer_id else ""
        note(actor, "vehicles.claim.taken", claim, **({"dealer": name} if name else {}))
        for request in OwnershipRequest.objects.filter(claim=claim.pk, state__in=WAITING).select_related("vehicle"):
            van, owner = request.vehicle, request.company_id
            audit.record(
                OTHER_SIDE, "vehicles.claim.taken", on=van, company_id=owner, vin=van.vin,
                organisation=request.claimant_name,
            )  # fmt: skip
            tell(owner, "claim_at_dealer", van=str(van), company=request.claimant_name, dealer=name, page=request.pk)


@transaction.atomic
def add_claimed(*, actor: Actor, claim: Claim) -> Vehicle:
    """Adds the van that is reserved for the company, as it was described with the claim. Raises NotAllowed; Conflict
    `claim_moved`, or as `add_vehicle`."""
    require(actor, TRANSFER, claim.company_id)
    with together([claim.company_id]):
        current = Claim.objects.select_for_update().get(pk=claim.pk)
        if not current.is_reserved:
            raise Conflict("claim_moved", f"the claim is {current.state}")
        company = Company.objects.select_related("company").get(pk=claim.company_id)
        return add_vehicle(actor=actor, company=company, vin=claim.vin, data=VehicleData(**current.data))


def lapse_after() -> datetime:
    """Until when somebody who got no van from its owner can go to a dealer."""
    return timezone.now() + timedelta(days=settings.CLAIM_LAPSE_DAYS)


def end_request(claim: Claim, mail: str = "") -> None:
    """The owner has nothing more to answer, and is told so. Needs his scope."""
    for request in OwnershipRequest.objects.filter(claim=claim.pk, state__in=WAITING).select_related("vehicle"):
        request.state = RequestState.OVER
        request.save(update_fields=["state"])
        van, organisation = request.vehicle, request.claimant_name
        audit.record(
            OTHER_SIDE, "vehicles.claim.ended", on=van, company_id=request.company_id, vin=van.vin,
            organisation=organisation,
        )  # fmt: skip
        if mail:
            tell(request.company_id, mail, van=str(van), company=organisation)


def _owners(claim: Claim) -> list[int]:
    """Of the van, if it is somebody's."""
    try:
        return [owned_elsewhere(claim.company_id, claim.vin).company_id]
    except Conflict:
        return []
