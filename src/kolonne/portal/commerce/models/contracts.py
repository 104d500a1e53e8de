from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.models import Company
from kolonne.portal.vehicles.models import Vehicle


class ContractState(models.TextChoices):
    """Of a contract and of each of its lines (PR-04). What is before a contract, are the states of its order."""

    TRIAL = "trial", _("Trial")
    ACTIVE = "active", _("Active")
    NOTICE = "notice", _("Notice given")
    ENDED = "ended", _("Ended")


class Contract(models.Model):
    """What a company bought with one order: lines (`Assignment`), each a product for a van."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="contracts")
    number = models.CharField(max_length=20, unique=True)
    """As people quote it, e.g. `NO-2026-000042`: market, year of the signature, id."""
    generation = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=ContractState, default=ContractState.ACTIVE)
    """What its lines are: running trials, paid ones, all with an end, all ended. Kept by `commerce.actions`."""
    currency = models.CharField(max_length=3, default="EUR", db_default="EUR")
    signed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id", "company"], name="commerce_contract_of_company")]

    def __str__(self) -> str:
        return self.number


class ContractVersion(models.Model):
    """One generation of a contract: with whom it is, as of then (CO-02)."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="versions")
    generation = models.PositiveIntegerField()
    party = models.JSONField()
    """Master data of the company: name, legal_form, register_number, vat_number, street, postal_code, city."""
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "generation"], name="commerce_contract_version_once")
        ]

    def __str__(self) -> str:
        return f"contract {self.contract_id}, generation {self.generation}"


class Assignment(models.Model):
    """A line of a contract: a product for a van, from `since` until `ended_at`."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="assignments")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="assignments")
    product = models.CharField(max_length=40)
    package = models.CharField(max_length=40, blank=True, db_default="")
    state = models.CharField(
        max_length=10, choices=ContractState, default=ContractState.ACTIVE, db_default=ContractState.ACTIVE
    )
    price = models.DecimalField(max_digits=10, decimal_places=2, default=0, db_default=0)
    """Per month, without VAT, in the contract's currency."""
    single_price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    """Of a part of a package: the price when the package is whole no more, as agreed."""
    notice_months = models.PositiveSmallIntegerField(default=1, db_default=1)
    """How long it runs on after notice, as agreed."""
    terms = models.CharField(max_length=40, blank=True, db_default="")
    """Version of the product's terms under which it was bought."""
    since = models.DateTimeField(default=timezone.now)
    trial_until = models.DateTimeField(null=True)
    """Free of charge until then."""
    converts = models.BooleanField(default=False, db_default=False)
    """Whether the trial turns into payment: only by the buyer's own choice (PR-04)."""
    announced_at = models.DateTimeField(null=True)
    """When the buyer was told that the trial ends."""
    notice_at = models.DateTimeField(null=True)
    """When notice was given."""
    ends_at = models.DateTimeField(null=True)
    """Ahead of time: the end that notice, or a trial that is not continued, will bring."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="commerce_assignment_of_company"),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) ^ models.Q(state=ContractState.ENDED),
                name="commerce_assignment_ended_is_ended",
            ),
            models.UniqueConstraint(
                fields=["vehicle", "product"], condition=models.Q(ended_at=None), name="commerce_assignment_once"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "product", "ended_at"], name="commerce_assignment_products"),
            models.Index(
                fields=["company", "state"], condition=models.Q(ended_at=None), name="commerce_assignment_running"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} · {self.vehicle_id}"
