"""What a dealer found when he compared vans with their papers."""

from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import RefusedVin, Vehicle

CHECK = "companies.case:write"
MAX_REASON = 300


@transaction.atomic
def note_check(*, actor: Actor, vehicle: Vehicle, verified: bool, reason: str = "") -> None:
    """What a dealer found when he compared a van with its papers (VE-02). Who may look at the company's case was
    checked by whoever opened it. Raises NotAllowed to all but dealers, Invalid for a refusal without a reason."""
    if not actor.is_system and not any(CHECK in rights for rights in actor.rights.values()):
        raise NotAllowed(CHECK)
    reason = "" if verified else " ".join(reason.split())[:MAX_REASON]
    if not verified and not reason:
        raise Invalid("no_reason", "a refusal has a reason", {"reason": "what the company has to put right"})
    with company_scope([vehicle.company_id]):
        vehicle.verification = Verification.VERIFIED if verified else Verification.REFUSED
        vehicle.verification_reason = reason
        vehicle.save(update_fields=["verification", "verification_reason"])
        refused = RefusedVin.objects.filter(company_id=vehicle.company_id, vin=vehicle.vin)
        if verified:
            refused.delete()
        elif not refused.exists():
            RefusedVin.objects.create(company_id=vehicle.company_id, vin=vehicle.vin)
        verb = "vehicles.vehicle.verified" if verified else "vehicles.vehicle.refused"
        audit.record(actor, verb, on=vehicle, company_id=vehicle.company_id, vin=vehicle.vin, reason=reason)
