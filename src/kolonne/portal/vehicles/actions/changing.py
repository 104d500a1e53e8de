"""What removals, claims and hand-overs share: locks on both companies, and a van that goes out of one of them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Company, Tenant
from kolonne.portal.companies.queries import administrators
from kolonne.portal.identity import mails
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.dates import long_date
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope, vin_scope
from kolonne.portal.vehicles.hooks import modules_retire, van_leaves
from kolonne.portal.vehicles.models import (
    MOVES,
    RESERVED,
    WITH_OWNER,
    Claim,
    ClaimState,
    Handover,
    Module,
    ModuleStatus,
    OwnershipRequest,
    Removal,
    RequestState,
    Vehicle,
)

TRANSFER = "vehicles.vehicle:transfer"
OTHER_SIDE = Actor.system("change-of-hands")
"""Who did something, as the audit of one company says it of the people of the other."""
WAITING = (RequestState.OPEN, RequestState.OBJECTED)


@contextmanager
def together(companies: Iterable[int]) -> Iterator[None]:
    """Opens the rows of all companies that take part in one step, and locks them in one order: first the tenants, then
    the companies, as the deletion of a company does. Needs a transaction."""
    ids = sorted(set(companies))
    with company_scope(ids):
        list(Tenant.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        list(Company.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        yield


def parties_of(vehicle: Vehicle) -> set[int]:
    """Ids of the owner and of everybody who claims the van."""
    with company_scope([vehicle.company_id]):
        waiting = OwnershipRequest.objects.filter(vehicle=vehicle, state__in=WAITING)
        return {vehicle.company_id, *waiting.values_list("claimant_id", flat=True)}


def still_there(vehicle: Vehicle) -> Vehicle:
    """The van as it is now, locked. Raises Conflict `removed_already`."""
    van = Vehicle.ever.select_for_update().filter(pk=vehicle.pk).first()
    if van is None or van.removed_at is not None:
        raise Conflict("removed_already", f"{vehicle.vin} was removed meanwhile")
    return van


def take_out(actor: Actor, van: Vehicle, how: Removal, by: str = "", **facts: Any) -> None:
    """The van leaves its company: its services end, its modules are silenced and wiped, its past stays (VH-05)."""
    with company_scope([van.company_id]):
        notify.hold_flushes(van.company_id)  # before the time is taken: nothing that is measured later is stored
        van.removed_at, van.removed_by, van.removal = timezone.now(), by or actor.label, how
        van.save(update_fields=["removed_at", "removed_by", "removal"])
        open_ones = Handover.objects.filter(vehicle=van, used_at=None, revoked_at=None)
        open_ones.update(revoked_at=van.removed_at)
        consequence = replace(actor, is_system=True)  # the right to what it follows from was checked
        van_leaves(consequence, van)
        _retire(van)
        modules_retire(consequence, van)
        audit.record(
            actor, "vehicles.vehicle.removed", on=van, company_id=van.company_id, vin=van.vin, how=how.value, **facts
        )


def _retire(van: Vehicle) -> None:
    """They may still connect, to hear that they are to be silent and to wipe themselves."""
    active = Module.objects.filter(vehicle=van, status=ModuleStatus.ACTIVE)
    serials = list(active.order_by("pk").values_list("serial", flat=True))
    active.update(status=ModuleStatus.RETIRING)
    for serial in serials:
        notify.notify(notify.MODULES, serial)


def answer_requests(van: Vehicle, chosen: int | None, *, is_decided: bool = False) -> None:
    """The van goes: the claim with the number `chosen` has its VIN reserved. The others lapse only when somebody
    decided; otherwise they wait for the van's next owner (`ask_next_owner`), so that nobody gets rid of a claim by
    passing the van on. Needs the scope of all of them; before the van goes."""
    now = timezone.now()
    for request in OwnershipRequest.objects.filter(vehicle=van, state__in=WAITING):
        is_chosen = request.claim == chosen
        request.state = RequestState.RELEASED if is_chosen else RequestState.OVER
        request.answered_at = request.answered_at or now
        request.save(update_fields=["state", "answered_at"])
        claim = Claim.objects.filter(pk=request.claim).first()
        if claim is not None and is_chosen:
            release_claim(claim)
        elif claim is not None and is_decided:
            let_lapse(claim)


def ask(claim: Claim, van: Vehicle, company: Company) -> None:
    """The owner's side of a claim: he learns the claimant's name, not who of its people asked. Needs his scope."""
    until = claim.until or claim.asked_at
    request = OwnershipRequest.objects.create(
        company_id=van.company_id, vehicle=van, claim=claim.pk, claimant_id=company.pk, claimant_name=company.name,
        asked_at=claim.asked_at, answer_until=until,
    )  # fmt: skip
    audit.record(
        OTHER_SIDE, "vehicles.claim.received", on=van, company_id=van.company_id, vin=van.vin, organisation=company.name
    )
    tell(van.company_id, "van_claimed", van=str(van), vin=van.vin, company=company.name, page=request.pk, on=until)


def ask_next_owner(van: Vehicle) -> None:
    """Claims that the earlier owner did not answer go on with the company that has the van now."""
    with vin_scope(van.vin):
        open_ones = Claim.objects.filter(vin=van.vin, state__in=WITH_OWNER).exclude(company_id=van.company_id)
        claimants = set(open_ones.values_list("company_id", flat=True))
    if not claimants:
        return
    with company_scope({van.company_id, *claimants}):
        for claim in open_ones.select_for_update(of=("self",)).select_related("company__company").order_by("pk"):
            ask(claim, van, claim.company)


def first_claim(van: Vehicle) -> int | None:
    """Of several who wait, who asked first; whoever took it to a dealer comes before. Needs the scope of all."""
    waiting = OwnershipRequest.objects.filter(vehicle=van, state__in=WAITING)
    asked = list(waiting.order_by("asked_at", "pk").values_list("claim", flat=True))
    at_dealer = set(Claim.objects.filter(pk__in=asked, state=ClaimState.AT_DEALER).values_list("pk", flat=True))
    return next(iter(sorted(asked, key=lambda claim: claim not in at_dealer)), None)


def end_reservations(vin: str, *, also_running: bool) -> None:
    """A VIN is reserved for one only. One whose time is over ends here, if the daily job was not there yet; a running
    one, if a dealer decided for somebody else."""
    over = Claim.objects.filter(vin=vin, state__in=RESERVED)
    with vin_scope(vin):
        companies = list(over.values_list("company_id", flat=True))
    with company_scope(companies):
        for claim in (over if also_running else over.filter(until__lte=timezone.now())).select_for_update():
            let_lapse(claim)


def release_claim(claim: Claim) -> None:
    """The owner let the van go; who that was, the claimant does not learn."""
    end_reservations(claim.vin, also_running=False)
    move(claim, ClaimState.RELEASED, timezone.now() + timedelta(days=settings.RESERVED_DAYS))
    note(OTHER_SIDE, "vehicles.claim.released", claim)
    tell(claim.company_id, "claim_released", vin=claim.vin, page=claim.pk, on=claim.until)


def let_lapse(claim: Claim) -> None:
    move(claim, ClaimState.LAPSED)
    note(OTHER_SIDE, "vehicles.claim.lapsed", claim)
    tell(claim.company_id, "claim_lapsed", vin=claim.vin)


def move(claim: Claim, to: ClaimState, until: datetime | None = None) -> None:
    """Raises Conflict `claim_moved` unless the claim can go there from where it is now."""
    now = timezone.now()
    there = Claim.objects.filter(pk=claim.pk, state__in=MOVES[to])
    if there.update(state=to, state_since=now, until=until) != 1:
        raise Conflict("claim_moved", f"the claim is no longer {claim.state}")
    claim.state, claim.state_since, claim.until = to, now, until


def note(actor: Actor, verb: str, claim: Claim, **facts: Any) -> None:
    """In the claimant's audit."""
    audit.record(actor, verb, on=claim, company_id=claim.company_id, vin=claim.vin, **facts)


def tell(company_id: int, mail: str, on: datetime | None = None, **facts: Any) -> None:
    """A mail to the administrators of a company; `on` becomes a day in each one's words."""
    for user in administrators(company_id):
        if user.is_active and user.email:
            day = {"on": long_date(timezone.localtime(on).date(), user.language)} if on else {}
            mails.post(mail, user, **facts, **day)
