from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kolonne.portal.companies.models import Company
from kolonne.portal.vehicles.models import Vehicle


class ContractState(models.TextChoices):
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")


class Contract(models.Model):
    """What a company may assign. One running contract per company for now; orders, terms and generations follow."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="contracts")
    generation = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=ContractState, default=ContractState.ACTIVE)
    signed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id", "company"], name="commerce_contract_of_company")]


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
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "vehicle", "product"], name="commerce_order_item_once")]

    def __str__(self) -> str:
        return f"{self.product} · {self.vehicle_id}"


class Assignment(models.Model):
    """A product for a van, from `since` until `ended_at`."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="assignments")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="assignments")
    product = models.CharField(max_length=40)
    since = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle", "product"], condition=models.Q(ended_at=None), name="commerce_assignment_once"
            )
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
