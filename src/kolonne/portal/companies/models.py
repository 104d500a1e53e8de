from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.models import User


class Tenant(models.Model):
    """The id of a company and nothing else: the only company table without row-level security."""

    id = models.AutoField(primary_key=True)


class Market(models.TextChoices):
    """A country with its own terms, prices and market administrator."""

    GERMANY = "de", _("Germany")
    NORWAY = "no", _("Norway")


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Company administrator")
    FLEET_MANAGER = "fleet_manager", _("Fleet manager")
    DRIVER = "driver", _("Driver")


class Company(models.Model):
    """A legal party that runs vans."""

    company = models.OneToOneField(Tenant, on_delete=models.PROTECT, primary_key=True, related_name="+")
    name = models.CharField(max_length=120)
    market = models.CharField(max_length=2, choices=Market)
    time_zone = models.CharField(max_length=40, default="Europe/Oslo")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a company, with one or several roles (CO-04)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=20, choices=Role))
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "user"], name="companies_membership_once"),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=[role.value for role in Role]) & models.Q(roles__len__gt=0),
                name="companies_membership_roles_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.company}"

    @property
    def role_labels(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles]


class ApiKey(models.Model):
    """A bearer key of a company's program. Only its hash is kept; `prefix` tells people which one it is."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    sha256 = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
