"""The seller of a van hands it over with a code (VH-09). Both sides agree by that to know each other's names."""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies import codes
from kolonne.portal.companies.models import Company
from kolonne.portal.identity import limits
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.actions.changing import (
    OTHER_SIDE,
    TRANSFER,
    WAITING,
    answer_requests,
    parties_of,
    still_there,
    take_out,
    tell,
    together,
)
from kolonne.portal.vehicles.actions.vans import VehicleData, add_vehicle
from kolonne.portal.vehicles.models import Handover, OwnershipRequest, Removal, RequestState, Vehicle
from kolonne.portal.vehicles.queries.ownership import digest_of, handover_by

MAKE_LIMIT, TRY_LIMIT = "handover_made", "handover_try"


@dataclass(frozen=True)
class Offered:
    """What a buyer sees before he takes a van over."""

    vin: str
    make: str
    model: str
    model_year: int | None
    seller: str


@transaction.atomic
def offer_van(*, actor: Actor, vehicle: Vehicle, customer_number: str = "") -> tuple[Handover, str]:
    """A code with which another company takes the van over; it is returned this once and kept as a hash. An earlier
    one of the same van opens nothing from now on.

    Raises NotAllowed; Conflict `too_many_codes`, `removed_already`.
    """
    require(actor, TRANSFER, vehicle.company_id)
    if not limits.allows(MAKE_LIMIT, vehicle.company_id):
        raise Conflict("too_many_codes", "enough codes for today")
    code = "".join(secrets.choice(codes.ALPHABET) for _ in range(codes.LENGTH))
    with together([vehicle.company_id]):
        van, now = still_there(vehicle), timezone.now()
        Handover.objects.filter(vehicle=van, used_at=None, revoked_at=None).update(revoked_at=now)
        handover = Handover.objects.create(
            company_id=van.company_id, vehicle=van, code_sha256=digest_of(code), made_by=actor.label,
            maker_id=actor.user_id, made_at=now, customer_number=customer_number.strip(),
            expires_at=now + timedelta(days=settings.HANDOVER_DAYS),
        )  # fmt: skip
        audit.record(actor, "vehicles.handover.offered", on=van, company_id=van.company_id, vin=van.vin)
    return handover, code


@transaction.atomic
def revoke_offer(*, actor: Actor, handover: Handover) -> None:
    """Raises NotAllowed; Conflict `handover_over` when it was used or revoked."""
    require(actor, TRANSFER, handover.company_id)
    with company_scope([handover.company_id]):
        waiting = Handover.objects.filter(pk=handover.pk, used_at=None, revoked_at=None)
        if waiting.update(revoked_at=timezone.now()) != 1:
            raise Conflict("handover_over", "the code was used or revoked already")
        van = handover.vehicle
        audit.record(actor, "vehicles.handover.revoked", on=van, company_id=van.company_id, vin=van.vin)


def look_at_offer(*, actor: Actor, company: Company, code: str) -> Offered:
    """What a code would bring. Raises NotAllowed; NotFound for a code that is nothing to this company; Conflict
    `too_many_tries`, `own_vin`."""
    handover = _find(actor, company, code)
    van = handover.vehicle
    return Offered(van.vin, van.make, van.model, van.model_year, handover.company.name)


def take_over(*, actor: Actor, company: Company, code: str, data: VehicleData | None = None) -> Vehicle:
    """The van leaves the seller and is the buyer's, in one step. What it is comes along (make, model, year, drive,
    equipment); plate, name and driver are `data`'s, and nothing that it did does: the new row starts at zero (VH-05).

    Raises as `look_at_offer`, and `removed_already`.
    """
    return _take(actor, company, _find(actor, company, code), data or VehicleData())


@transaction.atomic  # not around the limit: a code that opens nothing counts
def _take(actor: Actor, company: Company, handover: Handover, data: VehicleData) -> Vehicle:
    seller = handover.company
    with together({company.pk, *parties_of(handover.vehicle)}):
        used = Handover.objects.filter(pk=handover.pk, used_at=None, revoked_at=None, expires_at__gt=timezone.now())
        if used.update(used_at=timezone.now(), buyer_name=company.name) != 1:
            raise NotFound("code")
        old = still_there(handover.vehicle)
        own_claim = OwnershipRequest.objects.filter(vehicle=old, state__in=WAITING, claimant=company.pk)
        own_claim.update(state=RequestState.RELEASED, answered_at=timezone.now(), answered_by=handover.made_by)
        answer_requests(old, None)
        take_out(OTHER_SIDE, old, Removal.HANDED_OVER, by=handover.made_by, organisation=company.name)
        new = add_vehicle(actor=actor, company=company, vin=old.vin, data=_what_it_is(old, data))
        with company_scope([company.pk]):
            audit.record(
                actor, "vehicles.handover.used", on=new, company_id=company.pk, vin=new.vin, organisation=seller.name
            )
        tell(seller.pk, "van_handed_over", van=str(old), vin=old.vin, company=company.name)
        tell(company.pk, "van_taken_over", van=str(new), vin=new.vin, company=seller.name)
    return new


def _what_it_is(old: Vehicle, data: VehicleData) -> VehicleData:
    return replace(
        data, make=old.make, model=old.model, model_year=old.model_year, drive=old.drive, equipment=list(old.equipment)
    )


def _find(actor: Actor, company: Company, code: str) -> Handover:
    """Counts codes that open nothing; for whom a code is not is not told."""
    require(actor, TRANSFER, company.pk)
    tries = limits.use(TRY_LIMIT, company.pk)
    if tries is None:
        raise Conflict("too_many_tries", "too many codes that open nothing")
    handover = handover_by(codes.read(code))
    if handover is None or handover.customer_number not in {"", company.customer_number}:
        raise NotFound("code")
    tries.rollback()
    if handover.company_id == company.pk:
        raise Conflict("own_vin", "this is the company's own van")
    return handover
