from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.models import Application, Market, User, Verification


class Kind(models.TextChoices):
    """What an organisation is."""

    FLEET = "fleet", _("Fleet company")
    DEALER = "dealer", _("Dealer")
    WORKSHOP = "workshop", _("Workshop")
    OPERATOR = "operator", _("Operator")


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Company administrator")
    FLEET_MANAGER = "fleet_manager", _("Fleet manager")
    DRIVER = "driver", _("Driver")
    DEALER_EMPLOYEE = "dealer_employee", _("Dealer employee")
    WORKSHOP_USER = "workshop_user", _("Workshop user")
    MARKET_ADMINISTRATOR = "market_administrator", _("Market administrator")
    SUPPORT_AGENT = "support_agent", _("Support agent")


ROLES: dict[Kind, tuple[Role, ...]] = {
    Kind.FLEET: (Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.DRIVER),
    Kind.DEALER: (Role.ADMINISTRATOR, Role.DEALER_EMPLOYEE),
    Kind.WORKSHOP: (Role.ADMINISTRATOR, Role.WORKSHOP_USER),
    Kind.OPERATOR: (Role.ADMINISTRATOR, Role.MARKET_ADMINISTRATOR, Role.SUPPORT_AGENT),
}
"""Roles that can be held in each kind of organisation."""
STRONG_ROLES = frozenset({Role.ADMINISTRATOR, Role.DEALER_EMPLOYEE, Role.MARKET_ADMINISTRATOR, Role.SUPPORT_AGENT})
"""Roles that need a second factor (ID-10): administrators, dealer staff and helpers."""


class Tenant(models.Model):
    """What everybody's jobs may know of an organisation: id, kind, market and whether it is leaving. The only one of
    its tables without row-level security."""

    id = models.AutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FLEET)
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="+")
    leaving_since = models.DateTimeField(null=True)
    """When its deletion was ordered: from then on its people may look at the company and take their data."""
    closed_at = models.DateTimeField(null=True)
    """When everything of it was erased, or it became part of another organisation."""
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    """Of which one it becomes, or became, a part (CO-10)."""


class Company(models.Model):
    """A legal party: one that runs vans, a dealer, a workshop, or the operator of a market."""

    company = models.OneToOneField(Tenant, on_delete=models.PROTECT, primary_key=True, related_name="+")
    name = models.CharField(_("Name"), max_length=120)
    time_zone = models.CharField(max_length=40, default="Europe/Oslo")
    created_at = models.DateTimeField(auto_now_add=True)
    street = models.CharField(_("Street and number"), max_length=120, blank=True, db_default="")
    postal_code = models.CharField(_("Postal code"), max_length=12, blank=True, db_default="")
    city = models.CharField(_("City"), max_length=80, blank=True, db_default="")
    customer_number = models.CharField(_("Customer number"), max_length=30, blank=True, db_default="")
    partner = models.ForeignKey(Tenant, on_delete=models.SET_NULL, null=True, related_name="+")
    """The after-sales business partner, a dealer of the same market (B2-03)."""
    partner_reminded_at = models.DateTimeField(null=True)
    second_factor_for_all = models.BooleanField(
        _("Everybody in the company needs a second factor"), default=False, db_default=False
    )
    legal_form = models.CharField(_("Legal form"), max_length=20, blank=True, db_default="")
    register_number = models.CharField(_("Register number"), max_length=40, blank=True, db_default="")
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True, db_default="")
    generation = models.PositiveIntegerField(default=1, db_default=1)
    """Of the master data: one more with each change of them (CO-02). `CompanyVersion` keeps them all."""
    declared_by = models.CharField(max_length=200, blank=True, db_default="")
    """Who declared the authority to act for the company (CO-01), and when."""
    declared_at = models.DateTimeField(null=True)
    verification = models.CharField(
        max_length=10, choices=Verification, default=Verification.UNVERIFIED, db_default=Verification.UNVERIFIED
    )
    verified_at = models.DateTimeField(null=True)
    verified_until = models.DateTimeField(null=True)
    """Of a check from afar (VE-05); one in person holds for good."""

    class Meta:
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> Kind:
        return Kind(self.company.kind)

    @property
    def market_id(self) -> str:
        return self.company.market_id

    @property
    def address(self) -> str:
        """In one line; empty when nothing is known."""
        return ", ".join(part for part in (self.street, f"{self.postal_code} {self.city}".strip()) if part)


class Membership(models.Model):
    """A person in a company, with one or several roles (CO-04)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=20, choices=Role))
    since = models.DateTimeField(auto_now_add=True)
    successor_asked_at = models.DateTimeField(null=True)
    """When others were told that the company is about to lose this person, its last administrator."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "user"], name="companies_membership_once"),
            models.UniqueConstraint(fields=["id", "company"], name="companies_membership_id_company"),
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


class ApplicationGrant(models.Model):
    """What a person may do in an application, as a member of a company (ID-12)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="grants")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    rights = ArrayField(models.SlugField(max_length=30))
    granted_by = models.CharField(max_length=200)
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "application"], name="companies_grant_once"),
            models.CheckConstraint(condition=models.Q(rights__len__gt=0), name="companies_grant_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.membership} · {self.application}"


class AccessRequest(models.Model):
    """Somebody asks the administrators of his company for an application (B2-01). A row exists until it is answered."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="access_requests")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "application"], name="companies_access_asked_once")
        ]

    def __str__(self) -> str:
        return f"{self.membership} asks for {self.application}"


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
