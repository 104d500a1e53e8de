"""Vans come into a company."""

from dataclasses import dataclass, field
from datetime import datetime

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
from kolonne.portal.vehicles.actions.changing import ask_next_owner
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


LIMIT, LIMIT_OF_PERSON = "vin_taken", "vin_taken_person"
"""Names of the limits on VINs that turned out to be taken, by company and by person: who has several companies does not
learn more than others."""


class Tries:
    """One more VIN of today, for a company and for the person who types it."""

    def __init__(self, actor: Actor, company: Company) -> None:
        keys = [(LIMIT, company.pk), *([(LIMIT_OF_PERSON, actor.user_id)] if actor.user_id is not None else [])]
        used = [limits.use(name, key) for name, key in keys]
        self._used = [one for one in used if one is not None]
        self.is_allowed = len(self._used) == len(keys)
        if not self.is_allowed:
            self.take_back()

    def take_back(self) -> None:
        for one in self._used:
            one.rollback()
        self._used = []


def free_again(actor: Actor, company: Company) -> datetime:
    """When the next VIN can be tried."""
    times = [limits.free_again(LIMIT, company.pk)]
    if actor.user_id is not None:
        times.append(limits.free_again(LIMIT_OF_PERSON, actor.user_id))
    return max(times)


def add_by_hand(*, actor: Actor, company: Company, vin: str, data: VehicleData) -> Vehicle:
    """`add_vehicle` for people, who shall not find out by trying which VINs exist elsewhere (VH-02).

    Raises what `add_vehicle` raises, Conflict `too_many_vins` when too many of a day were taken, and `own_vin`.
    """
    require(actor, WRITE, company.pk)
    tries = Tries(actor, company)
    if not tries.is_allowed:
        report_tries(actor, company)
        raise Conflict("too_many_vins", "too many VINs of today are active elsewhere", field="vin")
    is_foreign = False
    try:
        return add_vehicle(actor=actor, company=company, vin=vin, data=data)
    except Conflict as error:
        with company_scope([company.pk]):
            is_foreign = not Vehicle.objects.filter(company=company, vin=vin.strip().upper()).exists()
        if is_foreign:
            raise
        raise Conflict("own_vin", f"{vin} is in this company already", field="vin") from error
    finally:
        if not is_foreign:
            tries.take_back()


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
        ask_next_owner(vehicle)
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
