from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.models.organisations import Company
from kolonne.portal.identity.models import User


class Leaving(models.Model):
    """The deletion of a company, from the order to the receipt (CO-07). Survives any interruption: every step that
    was finished is named in `steps`, in the transaction that did it."""

    company = models.OneToOneField(Company, on_delete=models.PROTECT, primary_key=True, related_name="leaving")
    ordered_by = models.CharField(max_length=200)
    ordered_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    """When running contracts end: midnight after so many days on the company's own clock."""
    steps = ArrayField(models.CharField(max_length=60), default=list)
    contracts_ended_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    """What was erased, in numbers, by kind; written with each batch."""

    def __str__(self) -> str:
        return f"deletion of {self.company_id}"


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    GONE = "gone", _("Deleted")


class CompanyExport(models.Model):
    """A zip of everything that is kept of a company, made by a job and deleted after a day (CO-11)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="exports")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_label = models.CharField(max_length=200)
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    """Parts that are written, and how many there are; 0 until the job has begun."""
    file = models.CharField(max_length=60, blank=True)
    """Its name in the folder of exports; nobody can guess it."""
    size = models.BigIntegerField(default=0)
    """In bytes."""
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=models.Q(state="waiting"), name="companies_export_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"export of {self.company_id}"

    @property
    def is_ready(self) -> bool:
        return self.state == ExportState.READY and self.expires_at is not None and self.expires_at > timezone.now()

    @property
    def is_waiting(self) -> bool:
        return self.state == ExportState.WAITING

    @property
    def has_failed(self) -> bool:
        return self.state == ExportState.FAILED
