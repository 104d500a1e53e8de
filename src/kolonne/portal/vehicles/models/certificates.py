"""How modules prove who they are without a secret: claims, by which they come, and certificates."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kolonne.portal.companies.models import Company
from kolonne.portal.identity.models import User
from kolonne.portal.vehicles.models.modules import Module
from kolonne.portal.vehicles.models.vans import Vehicle


class ModuleClaim(models.Model):
    """A code that lets one device become a module of one van, once. Only its hash is kept."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, related_name="module_claims", db_constraint=False)
    code_sha256 = models.BinaryField(max_length=32, unique=True)
    provides = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    """As `Module.provides` of the module that comes by it."""
    maker = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    """The code is worth what this person may do when it is used; None for the operator's own."""
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    module = models.OneToOneField(
        Module, on_delete=models.CASCADE, null=True, related_name="claim", db_constraint=False
    )
    """Who came by it."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(used_at=None) | models.Q(withdrawn_at=None), name="vehicles_moduleclaim_one_end"
            ),
        ]

    def __str__(self) -> str:
        return f"claim {self.pk}"


class ModuleCertificate(models.Model):
    """A certificate of a module, or the request for one: the application asks, and only the signer issues."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="certificates", db_constraint=False)
    request = models.BinaryField()
    """PKCS #10 in DER, as the module made it."""
    key_sha256 = models.BinaryField(max_length=32)
    """Of the public key as SubjectPublicKeyInfo: the same key asking once more gets the same certificate."""
    requested_at = models.DateTimeField(auto_now_add=True)
    pem = models.TextField(default="", db_default="")
    """Empty until the signer has issued it."""
    serial_number = models.CharField(max_length=40, default="", db_default="")
    """Hexadecimal."""
    fingerprint = models.BinaryField(max_length=32, null=True, unique=True)
    """SHA-256 of the certificate in DER."""
    not_before = models.DateTimeField(null=True)
    not_after = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    """A later one was issued; this one opens the door for the time of `OVERLAP` more."""
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["module", "key_sha256"], name="vehicles_modulecertificate_key_once"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(pem=""), name="vehicles_certificates_to_issue"),
        ]

    def __str__(self) -> str:
        return f"certificate {self.serial_number or self.pk}"
