from django.contrib.postgres.fields import ArrayField
from django.db import models

from kolonne.portal.companies.models import Company
from kolonne.portal.vehicles.models import Module, Vehicle


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
        indexes = [
            models.Index(fields=["until"], condition=~models.Q(until=None), name="commerce_period_by_end"),
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
