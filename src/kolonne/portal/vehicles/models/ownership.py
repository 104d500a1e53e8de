"""How a van changes hands: somebody claims a VIN that is taken (VH-02), or the seller hands it over (VH-09).

What concerns two companies stands in two rows, one for each: the claimant's says nothing of the owner, and either side
can be erased without the other.
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.models import Company, Tenant
from kolonne.portal.identity.models import User
from kolonne.portal.vehicles.models.vans import Vehicle


class ClaimState(models.TextChoices):
    ASKED = "asked", _("The owner was asked")
    UNANSWERED = "unanswered", _("The owner did not answer")
    OBJECTED = "objected", _("The owner objected")
    AT_DEALER = "at_dealer", _("Waits for a decision")
    RELEASED = "released", _("Released by the owner")
    GRANTED = "granted", _("Decided for you")
    REFUSED = "refused", _("Decided against you")
    LAPSED = "lapsed", _("Lapsed")
    WITHDRAWN = "withdrawn", _("Claim withdrawn")
    DONE = "done", _("Added to your company")


WITH_OWNER = (ClaimState.ASKED, ClaimState.UNANSWERED, ClaimState.OBJECTED, ClaimState.AT_DEALER)
"""The van is still another company's."""
RESERVED = (ClaimState.RELEASED, ClaimState.GRANTED)
"""The VIN is free, and only this company may add it."""
LIVE = (*WITH_OWNER, *RESERVED)

MOVES: dict[ClaimState, tuple[ClaimState, ...]] = {
    ClaimState.RELEASED: WITH_OWNER,
    ClaimState.OBJECTED: (ClaimState.ASKED, ClaimState.UNANSWERED),
    ClaimState.UNANSWERED: (ClaimState.ASKED,),
    ClaimState.AT_DEALER: (ClaimState.UNANSWERED, ClaimState.OBJECTED),
    ClaimState.GRANTED: (ClaimState.AT_DEALER,),
    ClaimState.REFUSED: (ClaimState.AT_DEALER,),
    ClaimState.LAPSED: LIVE,
    ClaimState.WITHDRAWN: LIVE,
    ClaimState.DONE: LIVE,
}
"""Into each state, from which ones."""


class Proof(models.TextChoices):
    """What shows whose a van is. Neither a copy nor its number is kept."""

    REGISTRATION = "registration", _("Registration document")
    PURCHASE = "purchase", _("Contract of purchase")
    INVOICE = "invoice", _("Invoice")
    LEASE = "lease", _("Leasing or rental contract")
    COURT = "court", _("Decision of a court or an authority")


class Claim(models.Model):
    """A company says that a van, whose VIN is taken, is its own. The row is the claimant's."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    vin = models.CharField("VIN", max_length=17)
    data = models.JSONField(default=dict)
    """What the claimant typed about the van, to add it with one click when it is free."""
    state = models.CharField(max_length=10, choices=ClaimState, default=ClaimState.ASKED)
    state_since = models.DateTimeField(default=timezone.now)
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    """What the state waits for ends then: the answer, the way to the dealer, or the reservation."""
    dealer = models.ForeignKey(Tenant, on_delete=models.SET_NULL, null=True, related_name="+")
    """To whom it was taken; None for the support of the market."""
    decided_by = models.CharField(max_length=200, blank=True)
    proof = models.CharField(max_length=20, choices=Proof, blank=True)
    proof_date = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    """Why it was decided against the claimant."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "vin"], condition=models.Q(state__in=LIVE), name="vehicles_claim_once"
            ),
            models.UniqueConstraint(
                fields=["vin"], condition=models.Q(state__in=RESERVED), name="vehicles_claim_reserves_once"
            ),
        ]
        indexes = [models.Index(fields=["dealer", "state"], name="vehicles_claim_of_dealer")]

    def __str__(self) -> str:
        return self.vin

    @property
    def is_with_owner(self) -> bool:
        return self.state in WITH_OWNER

    @property
    def is_reserved(self) -> bool:
        return self.state in RESERVED

    @property
    def may_go_to_dealer(self) -> bool:
        return self.state in MOVES[ClaimState.AT_DEALER]


class RequestState(models.TextChoices):
    OPEN = "open", _("Waits for your answer")
    OBJECTED = "objected", _("You objected")
    RELEASED = "released", _("You released the van")
    DECIDED = "decided", _("Decided for the other company")
    OVER = "over", _("Not pursued any more")


class OwnershipRequest(models.Model):
    """The same for the present owner: he is asked to remove a van, and learns who asks."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, related_name="+")
    claim = models.IntegerField()
    """Number of the claim; whether it still exists, is not this row's business. It waits for one owner at a time."""
    claimant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    claimant_name = models.CharField(max_length=120)
    """As the claimant agreed to when he asked."""
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.OPEN)
    asked_at = models.DateTimeField(default=timezone.now)
    answer_until = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="vehicles_request_of_company"),
            models.UniqueConstraint(
                fields=["claim"], condition=models.Q(state__in=["open", "objected"]), name="vehicles_request_once"
            ),
        ]

    def __str__(self) -> str:
        return f"request for {self.vehicle_id}"


class Handover(models.Model):
    """The seller hands over a van with a code, which the buyer uses once. The row is the seller's."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, related_name="+")
    code_sha256 = models.BinaryField(max_length=32, unique=True)
    customer_number = models.CharField(_("Customer number"), max_length=30, blank=True)
    """Only a company with this number can use the code; empty: whoever has it."""
    made_by = models.CharField(max_length=200)
    maker = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    """The code is worth what this person may do when it is used; None for the operator's own."""
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    buyer_name = models.CharField(max_length=120, blank=True)
    """Who used it, as the buyer agreed to."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=models.Q(revoked_at=None, used_at=None), name="vehicles_handover_once"
            )
        ]

    def __str__(self) -> str:
        return f"hand-over of {self.vehicle_id}"

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and self.used_at is None and self.expires_at > timezone.now()
