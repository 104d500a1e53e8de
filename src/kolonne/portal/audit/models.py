import hashlib
import json

from django.db import models


class Entry(models.Model):
    """One act. The application may add entries and read them; it may neither change nor delete them."""

    company_id = models.IntegerField(null=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    user_id = models.IntegerField(null=True)
    address = models.CharField(max_length=45, blank=True)
    acting_for = models.CharField(max_length=200, blank=True, db_default="")
    acting_for_id = models.IntegerField(null=True)
    """In whose name a helper did it (SU-02)."""
    verb = models.CharField(max_length=80)
    target = models.CharField(max_length=80)
    target_label = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["company_id", "-id"], name="audit_entry_company"),
            models.Index(fields=["user_id", "-id"], name="audit_entry_user"),
            models.Index(fields=["target", "-id"], name="audit_entry_target"),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"

    def computed_digest(self) -> bytes:
        """SHA-256 over the entry's content and the digest before it."""
        content = [
            self.company_id, self.at.isoformat(), self.actor, self.user_id, self.address, self.verb, self.target,
            self.target_label, self.facts, bytes(self.previous).hex(), self.acting_for, self.acting_for_id,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).digest()
