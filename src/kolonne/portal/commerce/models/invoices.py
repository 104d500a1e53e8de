from django.db import models
from django.utils import timezone

from kolonne.portal.companies.models import Company


class Invoice(models.Model):
    """What a company owes for the services of one month (PR-07). Nobody changes it: the application has no right to."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=20, unique=True)
    """E.g. `NO-2026-I000042`: without gaps in each market and year."""
    month = models.DateField()
    """Its first day, by the company's clock."""
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    """Without VAT; the sum of the lines, each of which is rounded."""
    lines = models.JSONField()
    """As `commerce.billing.Charge` says them, with amounts as text."""
    party = models.JSONField()
    """Who owes it, as of then: like `ContractVersion.party`."""
    seller = models.JSONField()
    """To whom, in the same form."""
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["company", "month"], name="commerce_invoice_months")]

    def __str__(self) -> str:
        return self.number


class InvoiceCounter(models.Model):
    """The last number that was given in a market and year. It names no company."""

    market = models.CharField(max_length=2)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["market", "year"], name="commerce_invoice_counter_once")]

    def __str__(self) -> str:
        return f"{self.market} {self.year}: {self.last}"
