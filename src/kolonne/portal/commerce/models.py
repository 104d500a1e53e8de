from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

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
