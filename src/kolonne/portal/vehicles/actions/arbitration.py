"""A dealer, or the support of a market, decides whose a claimed van is (VH-02, VH-09)."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Membership
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.actions.changing import (
    WAITING,
    answer_requests,
    end_reservations,
    move,
    note,
    parties_of,
    still_there,
    take_out,
    tell,
    together,
)
from kolonne.portal.vehicles.actions.claims import end_request
from kolonne.portal.vehicles.models import Claim, ClaimState, OwnershipRequest, Proof, Removal, RequestState, Vehicle
from kolonne.portal.vehicles.queries.ownership import DECIDE, may_decide, owner_of

MAX_REASON = 300


@dataclass(frozen=True)
class Finding:
    """What somebody saw: the kind of document and its date, never a copy nor a number."""

    granted: bool
    proof: str = ""
    proof_date: date | None = None
    reason: str = ""
    """Of a refusal; the claimant reads it."""


@transaction.atomic
def decide_claim(*, actor: Actor, claim: Claim, finding: Finding) -> None:
    """Grants the van to the claimant, for whom it is reserved then, or leaves it where it is.

    Raises NotAllowed; Invalid for a grant without proof, or a refusal without reason; Conflict `own_case` for one's own
    company, `claim_moved` when it was withdrawn or released meanwhile, and what hooks raise.
    """
    with company_scope([claim.company_id]):
        claim = Claim.objects.get(pk=claim.pk)
    if actor.user_id is None or actor.acting_for is not None or not may_decide(actor, claim):
        raise NotAllowed(DECIDE)
    _check(finding)
    van = owner_of(claim.vin)
    with together({claim.company_id, *(parties_of(van) if van else ())}):
        parties = {claim.company_id, *([van.company_id] if van else [])}
        if Membership.objects.filter(company__in=parties, user=actor.user_id).exists():
            raise Conflict("own_case", "nobody decides about his own company's van")
        if finding.granted:
            _grant(actor, claim, finding, van)
        else:
            _refuse(actor, claim, finding)


def _check(finding: Finding) -> None:
    if not finding.granted:
        if not finding.reason.strip():
            raise Invalid("no_reason", "a refusal has a reason", {"reason": "what the claimant reads"})
        return
    if finding.proof not in Proof.values or finding.proof_date is None or finding.proof_date > timezone.localdate():
        remedy = {"proof": "one of " + ", ".join(Proof.values), "proof_date": "not in the future"}
        raise Invalid("no_proof", "a grant has a proof", remedy)


def _grant(actor: Actor, claim: Claim, finding: Finding, van: Vehicle | None) -> None:
    end_reservations(claim.vin, also_running=True)
    move(claim, ClaimState.GRANTED, timezone.now() + timedelta(days=settings.RESERVED_DAYS))
    proved_on = finding.proof_date.isoformat() if finding.proof_date else ""
    Claim.objects.filter(pk=claim.pk).update(
        decided_by=actor.label, proof=finding.proof, proof_date=finding.proof_date, reason=""
    )
    note(actor, "vehicles.claim.granted", claim, document=finding.proof, dated=proved_on)
    if van is not None:
        _take_from_owner(actor, claim, finding, still_there(van))
    tell(claim.company_id, "claim_granted", vin=claim.vin, page=claim.pk, on=claim.until)


def _take_from_owner(actor: Actor, claim: Claim, finding: Finding, van: Vehicle) -> None:
    asked = OwnershipRequest.objects.filter(claim=claim.pk, state__in=WAITING)
    name = asked.values_list("claimant_name", flat=True).first() or ""
    asked.update(state=RequestState.DECIDED, answered_at=timezone.now(), answered_by=actor.label)
    answer_requests(van, None, is_decided=True)
    take_out(actor, van, Removal.DECIDED, organisation=name, document=finding.proof)
    tell(van.company_id, "van_decided", van=str(van), vin=van.vin, company=name)


def _refuse(actor: Actor, claim: Claim, finding: Finding) -> None:
    reason = " ".join(finding.reason.split())[:MAX_REASON]
    move(claim, ClaimState.REFUSED)
    Claim.objects.filter(pk=claim.pk).update(decided_by=actor.label, reason=reason)
    note(actor, "vehicles.claim.refused", claim, reason=reason)
    end_request(claim, "claim_refused_owner")
    tell(claim.company_id, "claim_refused", vin=claim.vin, reason=reason)


def note_look_at_dispute(actor: Actor, claim: Claim) -> None:
    """Keeps in the claimant's audit that its arbiter read the claim."""
    with together([claim.company_id]):
        audit.record_look(actor, "vehicles.claim.viewed", on=claim, company_id=claim.company_id)
