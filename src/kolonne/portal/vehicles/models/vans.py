from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.models import Company
from kolonne.portal.identity.models import Verification
from kolonne.wire.subjects import VIN


class Drive(models.TextChoices):
    ELECTRIC = "electric", _("Electric")
    DIESEL = "diesel", _("Diesel")
    PETROL = "petrol", _("Petrol")
    HYBRID = "hybrid", _("Plug-in hybrid")


class Removal(models.TextChoices):
    """How a van left its company."""

    REMOVED = "removed", _("Removed")
    RELEASED = "released", _("Released to another company")
    DECIDED = "decided", _("Decided for another company")
    HANDED_OVER = "handed_over", _("Handed over")


class VehicleQuerySet(models.QuerySet["Vehicle"]):
    def of(self, companies: list[int]) -> Self:
        return self.filter(company_id__in=companies)


class PresentVehicles(models.Manager["Vehicle"]):
    """Without the vans that were removed: who wants those, too, asks `Vehicle.ever`."""

    def get_queryset(self) -> VehicleQuerySet:
        return VehicleQuerySet(self.model, using=self._db).filter(removed_at=None)

    def of(self, companies: list[int]) -> VehicleQuerySet:
        return self.get_queryset().of(companies)


class Vehicle(models.Model):
    """A van in a company, from `added_at` until `removed_at`. Its VIN is active in one company only (VH-02): the same
    van in another company, or later again in this one, is another row, and so are its data."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="vehicles")
    vin = models.CharField("VIN", max_length=17, validators=[RegexValidator(f"^{VIN.pattern}$")])
    plate = models.CharField(_("Number plate"), max_length=16, blank=True)
    name = models.CharField(_("Name"), max_length=60, blank=True)
    make = models.CharField(_("Make"), max_length=40, blank=True)
    model = models.CharField(_("Model"), max_length=40, blank=True)
    model_year = models.SmallIntegerField(_("Model year"), null=True)
    drive = models.CharField(_("Drive"), max_length=10, choices=Drive, default=Drive.ELECTRIC)
    driver = models.CharField(_("Driver"), max_length=80, blank=True)
    equipment = ArrayField(models.SlugField(max_length=30), default=list, db_default=[])
    """What products may ask for beside the drive (PR-02), in the words of the product catalogue."""
    added_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)
    """Since then it is history: what stays visible of it is decided in `commerce.visibility` (VH-05)."""
    removed_by = models.CharField(max_length=200, blank=True, db_default="")
    removal = models.CharField(max_length=12, choices=Removal, blank=True, db_default="")
    verification = models.CharField(
        max_length=10, choices=Verification, default=Verification.UNVERIFIED, db_default=Verification.UNVERIFIED
    )
    """Whether a dealer saw that the van is the company's (VE-02)."""
    verification_reason = models.CharField(max_length=300, blank=True, db_default="")

    objects = PresentVehicles()
    ever = VehicleQuerySet.as_manager()

    class Meta:
        base_manager_name = "ever"
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="vehicles_vehicle_of_company"),
            models.UniqueConstraint(
                fields=["vin"], condition=models.Q(removed_at=None), name="vehicles_vehicle_vin_active_once"
            ),
            models.CheckConstraint(condition=models.Q(vin__regex=f"^{VIN.pattern}$"), name="vehicles_vehicle_vin"),
        ]
        indexes = [
            models.Index(fields=["company", "plate"], name="vehicles_by_plate"),
            models.Index(fields=["vin"], name="vehicles_by_vin"),
        ]

    def __str__(self) -> str:
        return self.plate or self.name or self.vin


class RefusedVin(models.Model):
    """A VIN that a dealer refused for a company. Kept when the van is removed: added anew, it is checked again."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    vin = models.CharField(max_length=17)
    refused_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "vin"], name="vehicles_refused_vin_once")]

    def __str__(self) -> str:
        return self.vin
