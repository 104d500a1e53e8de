from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from kolonne.portal.companies.models.organisations import Company


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

    def __str__(self) -> str:
        return f"deletion of {self.company_id}"
