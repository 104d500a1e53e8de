"""The company as a legal party: its data over time, its sites, and whom it invites."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.models.organisations import Company, Role
from kolonne.portal.identity.models import Language, User


class CompanyVersion(models.Model):
    """One generation of a company's master data; contracts point at it by its number (CO-02)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="versions")
    generation = models.PositiveIntegerField()
    name = models.CharField(_("Name"), max_length=120)
    legal_form = models.CharField(_("Legal form"), max_length=20, blank=True)
    register_number = models.CharField(_("Register number"), max_length=40, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    street = models.CharField(_("Street and number"), max_length=120, blank=True)
    postal_code = models.CharField(_("Postal code"), max_length=12, blank=True)
    city = models.CharField(_("City"), max_length=80, blank=True)
    since = models.DateTimeField(default=timezone.now)
    changed_by = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "generation"], name="companies_version_once")]

    def __str__(self) -> str:
        return f"{self.name}, generation {self.generation}"


class Site(models.Model):
    """A further place of a company, e.g. a depot; the main address is the company's own (CO-10)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="sites")
    name = models.CharField(_("Name"), max_length=80)
    street = models.CharField(_("Street and number"), max_length=120, blank=True)
    postal_code = models.CharField(_("Postal code"), max_length=12, blank=True)
    city = models.CharField(_("City"), max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="companies_site_name_once"),
            models.UniqueConstraint(fields=["id", "company"], name="companies_site_id_company"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """In one line; empty when nothing is known."""
        return ", ".join(part for part in (self.street, f"{self.postal_code} {self.city}".strip()) if part)


class Channel(models.TextChoices):
    MAIL = "mail", _("E-mail")
    SMS = "sms", _("SMS")


class Invitation(models.Model):
    """Somebody is asked to come into a company, by mail or SMS (CO-05). The database lets nobody change its company,
    its roles or whom it is for; the token is kept as a hash."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="invitations")
    channel = models.CharField(max_length=4, choices=Channel)
    address = models.CharField(max_length=254)
    """An e-mail address in lower case, or a mobile number as E.164."""
    roles = ArrayField(models.CharField(max_length=20, choices=Role))
    first_name = models.CharField(_("First name"), max_length=150, blank=True)
    last_name = models.CharField(_("Last name"), max_length=150, blank=True)
    language = models.CharField(_("Language"), max_length=2, choices=Language)
    inviter = models.CharField(max_length=200)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    token_sha256 = models.BinaryField(max_length=32, unique=True)
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "address"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="companies_invitation_open_once",
            )
        ]

    def __str__(self) -> str:
        """As the audit keeps it for good: who sent it knows it again, and nobody reads an address (CO-11)."""
        name, at, host = self.address.partition("@")
        return f"{name[:1]}…@{host}" if at else f"{self.address[:3]}…{self.address[-2:]}"
