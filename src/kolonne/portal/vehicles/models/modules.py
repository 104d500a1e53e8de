from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.models import Company
from kolonne.portal.vehicles.models.vans import Vehicle
from kolonne.wire.subjects import SERIAL


class ModuleStatus(models.TextChoices):
    ACTIVE = "active", _("In service")
    RETIRING = "retiring", _("Being wiped")
    """Its van was removed: it may still connect, to be told to wipe itself, and nothing that it sends is stored."""
    REVOKED = "revoked", _("Revoked")


class Module(models.Model):
    """A communication module or tracker in a van. `public_key` is what its first hello introduced; it signs replies.

    The same device in another van, or enrolled anew, is another row: what it sent before is none of the new one's.
    """

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="modules")
    serial = models.CharField(max_length=32)
    secret_sha256 = models.BinaryField(max_length=32, null=True)
    """None for a module that proves itself by certificates only."""
    rank = models.PositiveSmallIntegerField(default=0, db_default=0)
    """Of several modules in a van the lowest is in charge of every signal that it provides."""
    provides = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    """Signals, or groups of them as `group:position`; empty means all."""
    provider = models.CharField(max_length=40, blank=True, db_default="", default="")
    """Whose SIM card carries its data, in the words of the operator's list; empty means no policy (VH-07)."""
    country = models.CharField(max_length=2, blank=True, db_default="", default="")
    """Where it was last, by ISO 3166-1; empty when nothing tells."""
    public_key = models.BinaryField(max_length=32, null=True)
    status = models.CharField(max_length=10, choices=ModuleStatus, default=ModuleStatus.ACTIVE)
    enrolled_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="vehicles_module_of_company"),
            models.UniqueConstraint(
                fields=["serial"], condition=~models.Q(status="revoked"), name="vehicles_module_serial_once"
            ),
            models.UniqueConstraint(
                fields=["vehicle", "rank"], condition=models.Q(status="active"), name="vehicles_module_rank_once"
            ),
            models.CheckConstraint(
                condition=models.Q(serial__regex=f"^{SERIAL.pattern}$"), name="vehicles_module_serial"
            ),
        ]

    def __str__(self) -> str:
        return self.serial


class ModuleSession(models.Model):
    """What a module said when it last connected; kept by the registry."""

    module = models.OneToOneField(Module, on_delete=models.CASCADE, primary_key=True, related_name="session")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    boot = models.CharField(max_length=32)
    epoch = models.CharField(max_length=32)
    clock_ms = models.BigIntegerField()
    """The module's session clock at `hello_at`."""
    hello_at = models.DateTimeField()
    agent = models.CharField(max_length=60)
    capabilities = ArrayField(models.CharField(max_length=40))
    counter = models.BigIntegerField()
