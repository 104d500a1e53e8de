"""A dealer compares people and companies with their documents (VE-02), also to bring back an orphaned one (CO-10)."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.models.organisations import Company, Tenant
from kolonne.portal.identity.models import User, Verification


class Document(models.TextChoices):
    """What a person shows. Neither a copy nor its number is kept."""

    PASSPORT = "passport", _("Passport")
    IDENTITY_CARD = "identity_card", _("Identity card")
    RESIDENCE_PERMIT = "residence_permit", _("Residence permit")
    DRIVING_LICENCE = "driving_licence", _("Driving licence")


class VerificationCase(models.Model):
    """An administrator of a company shows a code at a dealer, who opens the case with it and says what he found."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="cases")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=12, unique=True)
    """What the dealer types or scans; opens nothing for anybody else."""
    is_remote = models.BooleanField(default=False)
    """Without an appearance: two people of the dealer must agree (VE-05)."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    dealer = models.ForeignKey(Tenant, on_delete=models.SET_NULL, null=True, related_name="+")
    """Who opened it; from then on only this dealer may."""
    opened_at = models.DateTimeField(null=True)
    opened_by = models.CharField(max_length=200, blank=True)
    document = models.CharField(_("Kind of document"), max_length=20, choices=Document, blank=True)
    document_expires_on = models.DateField(_("Valid until"), null=True)
    person_result = models.CharField(max_length=10, choices=Verification, blank=True)
    person_reason = models.CharField(max_length=300, blank=True)
    company_result = models.CharField(max_length=10, choices=Verification, blank=True)
    company_reason = models.CharField(max_length=300, blank=True)
    proposed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    """Who made the first of the two checks of a remote case."""
    proposed_at = models.DateTimeField(null=True)
    proposal = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    """What he found, until a second person agrees or rejects it."""
    evidence = models.CharField(max_length=300, blank=True, db_default="")
    """What both saw of a remote person, in words; never a copy."""
    renew_by = models.DateTimeField(null=True)
    """A check from afar holds until then; one in person for good."""
    opened_data = models.CharField(max_length=64, blank=True, db_default="")
    """A fingerprint of the person's name and date of birth when the case was opened: the dealer is told of changes."""
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id", "company"], name="companies_case_id_company")]
        indexes = [models.Index(fields=["dealer", "closed_at", "-opened_at"], name="companies_case_of_dealer")]

    def __str__(self) -> str:
        return f"check of {self.person}"


class Recovery(models.Model):
    """A dealer vouches for somebody who shall administer a company that nobody administers any more; everybody in it
    is told, and it takes effect after a waiting period unless it is stopped."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    dealer = models.ForeignKey(Tenant, on_delete=models.SET_NULL, null=True, related_name="+")
    opened_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=300)
    opened_at = models.DateTimeField(default=timezone.now)
    takes_effect_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=models.Q(done_at=None, stopped_at=None), name="companies_recovery_once"
            )
        ]

    def __str__(self) -> str:
        return f"recovery of {self.company}"
