"""Vans come into a company."""

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries.recovery import to_be_told
from kolonne.portal.identity import limits, mails
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import LIVE, Claim, ClaimState, Drive, RefusedVin, Vehicle
from kolonne.portal.vehicles.queries.ownership import is_reserved_elsewhere
from kolonne.wire.subjects import VIN

WRITE = "vehicles.vehicle:write"


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
    equipment: list[str] = field(default_factory=list)


LIMIT = "vin_taken"
"""Name of the limit on VINs that turned out to be taken, by company."""


def add_by_hand(*, actor: Actor, company: Company, vin: str, data: VehicleData) -> Vehicle:
    """`add_vehicle` for people, who shall not find out by trying which VINs exist elsewhere (VH-02).

    Raises what `add_vehicle` raises, Conflict `too_many_vins` when too many of a day were taken, and `own_vin`.
    """
    require(actor, WRITE, company.pk)
    tries = limits.use(LIMIT, company.pk)
    if tries is None:
        report_tries(actor, company)
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
def report_tries(actor: Actor, company: Company) -> None:
    """Once a day: in the audit, and to the administrators of the market."""
    if not limits.allows(f"{LIMIT}_report", company.pk):
        return
    with company_scope([company.pk]):
        audit.record(actor, "vehicles.vin.tried", on=company, company_id=company.pk)
    for user in to_be_told(company)[1]:
        mails.post("vins_tried", user, company=company.name)


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
        _fulfil_claims(company, vin)
        audit.record(actor, "vehicles.vehicle.added", on=vehicle, company_id=company.pk, vin=vin)
    return vehicle


def _fulfil_claims(company: Company, vin: str) -> None:
    """Asked after the row is there: whoever released the VIN meanwhile has kept it for somebody by now (VH-02)."""
    if is_reserved_elsewhere(company.pk, vin):
        raise Conflict("vin_taken", f"{vin} is kept for a company", field="vin")
    own = Claim.objects.filter(company=company, vin=vin, state__in=LIVE)
    own.update(state=ClaimState.DONE, state_since=timezone.now(), until=None)


def _first_word(company: Company, vin: str) -> Verification:
    # Locks the company's row: a check that ends just now either sees this van or is seen by it.
    known = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    was_refused = RefusedVin.objects.filter(company=company, vin=vin).exists()
    is_trusted = known.verification == Verification.VERIFIED and not was_refused
    return Verification.VERIFIED if is_trusted else Verification.UNVERIFIED
