from django.db import models
from django.utils import timezone

from kolonne.portal.commerce.models.orders import Order
from kolonne.portal.companies.models import Company


class TermsText(models.Model):
    """A text that somebody accepted, word by word. It stays when the file is changed or gone; nobody can change it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    """Of `text` as UTF-8, hexadecimal."""
    market = models.CharField(max_length=3)
    """`all`: the text counts in every market."""
    code = models.CharField(max_length=40)
    """`general`, or the product to which it belongs."""
    language = models.CharField(max_length=2)
    version = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    valid_from = models.DateField()
    text = models.TextField()

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class TermsAcceptance(models.Model):
    """That a company accepted a text: who, when, and with which order (PR-03)."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    text = models.ForeignKey(TermsText, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="+")
    accepted_by = models.CharField(max_length=200)
    accepted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["company", "accepted_at"], name="commerce_acceptances")]

    def __str__(self) -> str:
        return f"{self.company_id}: {self.text_id}"


class TermsNotice(models.Model):
    """That a company's administrators were told of a new version: once, whatever the job does."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    market = models.CharField(max_length=3)
    code = models.CharField(max_length=40)
    version = models.CharField(max_length=10)
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["company", "code", "version"], name="commerce_terms_notices")]

    def __str__(self) -> str:
        return f"{self.company_id}: {self.code} {self.version}"
