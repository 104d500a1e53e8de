from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kolonne.portal.commerce.models.contracts import Contract
from kolonne.portal.companies.models import Company
from kolonne.portal.vehicles.models import Vehicle


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
    single_price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    """Of a part of a package: the price without the package."""
    currency = models.CharField(max_length=3, blank=True, db_default="")
    trial_months = models.PositiveSmallIntegerField(default=0, db_default=0)
    notice_months = models.PositiveSmallIntegerField(default=1, db_default=1)
    done_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    """When it was withdrawn without having begun, e.g. because its van left."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "vehicle", "product"], name="commerce_order_item_once")]

    def __str__(self) -> str:
        return f"{self.product} · {self.vehicle_id}"
