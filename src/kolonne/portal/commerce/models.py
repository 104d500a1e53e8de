from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kolonne.portal.companies.models import Company
from kolonne.portal.vehicles.models import Module, Vehicle


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
    """As people quote it, e.g. `NO-2026-000042`."""
    generation = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=ContractState, default=ContractState.ACTIVE)
    """What its lines are: running trials, paid ones, all with an end, all ended. Kept by `commerce.actions`."""
    currency = models.CharField(max_length=3, default="EUR", db_default="EUR")
    signed_at = models.DateTimeField(auto_now_add=True)
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


class OrderState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DONE = "done", pgettext_lazy("order", "Became a contract")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Order(models.Model):
    """Products wanted for vans. It waits for the dealer's check and for the terms (VE-01), then becomes a contract."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    placed_by = models.CharField(max_length=200)
    placed_at = models.DateTimeField(default=timezone.now)
    terms_accepted_at = models.DateTimeField(null=True)
    terms_accepted_by = models.CharField(max_length=200, blank=True)
    terms_version = models.CharField(max_length=20, blank=True, db_default="")
    """Of the terms that were accepted."""
    converts = models.BooleanField(default=False, db_default=False)
    """The buyer's choice that what was tried is paid for after the trial; without it the trial just ends (PR-04)."""
    state = models.CharField(max_length=10, choices=OrderState, default=OrderState.WAITING)
    state_since = models.DateTimeField(default=timezone.now)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, null=True, related_name="orders")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id", "company"], name="commerce_order_of_company")]

    def __str__(self) -> str:
        return f"order {self.pk}"


class OrderItem(models.Model):
    """A product for one van in an order."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, related_name="+")
    product = models.CharField(max_length=40)
    package = models.CharField(max_length=40, blank=True, db_default="")
    """By which it was ordered; empty for a product ordered singly."""
    price = models.DecimalField(max_digits=10, decimal_places=2, default=0, db_default=0)
    """Per month, without VAT, in `currency`, as it was when the order was placed."""
    currency = models.CharField(max_length=3, blank=True, db_default="")
    trial_months = models.PositiveSmallIntegerField(default=0, db_default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "vehicle", "product"], name="commerce_order_item_once")]

    def __str__(self) -> str:
        return f"{self.product} · {self.vehicle_id}"


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

    def __str__(self) -> str:
        return f"{self.product} · {self.vehicle_id}"


class Profile(models.Model):
    """The collection profile of a van: always the union of its active assignments."""

    vehicle = models.OneToOneField(Vehicle, on_delete=models.CASCADE, primary_key=True, related_name="profile")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    signals = models.JSONField()
    """Short signal name to the smallest interval in seconds; empty means silence."""
    commands = ArrayField(models.CharField(max_length=40))


class ServicePeriod(models.Model):
    """What the services of a van allowed, from `since` until `until`: one row for each version of its profile.

    Ingest stores a reading only if its signal was allowed at the reading's own time *and* is allowed now (VH-04).
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    signals = ArrayField(models.CharField(max_length=40))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vehicle", "version"], name="commerce_period_once"),
            models.UniqueConstraint(
                fields=["vehicle"], condition=models.Q(until=None), name="commerce_period_one_runs"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id}: version {self.version}"


class ModuleProfile(models.Model):
    """What one module of a van collects: its share of the van's profile, with every signal in one module's charge."""

    module = models.OneToOneField(Module, on_delete=models.CASCADE, primary_key=True, related_name="profile")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    signals = models.JSONField()
    """As in `Profile`."""
