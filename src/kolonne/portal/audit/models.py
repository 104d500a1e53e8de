import hashlib
import json
import secrets
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

SALT_BYTES = 16


class Entry(models.Model):
    """One act. The application may add entries and read them; it may neither change nor delete them.

    What names people (actor, label, address, facts) is in the chain only as a salted digest. So the names of somebody
    who is erased can be taken out, by the one function of the database that does it, and the chain still holds.
    """

    company_id = models.IntegerField(null=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    user_id = models.IntegerField(null=True)
    address = models.CharField(max_length=45, blank=True)
    acting_for = models.CharField(max_length=200, blank=True, db_default="")
    acting_for_id = models.IntegerField(null=True)
    """In whose name a helper did it (SU-02)."""
    people = ArrayField(models.IntegerField(), default=list)
    """Ids of everybody whom the entry names: who did it, for whom, to whom, and about whom."""
    verb = models.CharField(max_length=80)
    target = models.CharField(max_length=80)
    target_label = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    salt = models.BinaryField(max_length=32)
    """Without it nobody can guess from the digest who was named; another one when names were removed."""
    names_removed_at = models.DateTimeField(null=True)
    content_digest = models.BinaryField(max_length=32)
    """Of what the entry said when it was written."""
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["company_id", "-id"], name="audit_entry_company"),
            models.Index(fields=["user_id", "-id"], name="audit_entry_user"),
            models.Index(fields=["target", "-id"], name="audit_entry_target"),
            GinIndex(fields=["people"], name="audit_entry_people"),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"

    def seal(self) -> None:
        """Fixes what a new entry says, and its place in the chain."""
        self.salt = secrets.token_bytes(SALT_BYTES)
        self.content_digest = self.computed_content_digest()
        self.digest = self.computed_digest()

    def computed_content_digest(self) -> bytes:
        """SHA-256 over the salt and everything that can name people."""
        names = [self.actor, self.acting_for, self.target_label, self.address, self.facts]
        return _sha256(names, salt=bytes(self.salt))

    def remaining_digest(self) -> bytes:
        """The same after names were removed, for the entry that says so."""
        return _sha256([self.computed_content_digest().hex(), _time(self.names_removed_at)], salt=bytes(self.salt))

    def computed_digest(self) -> bytes:
        """SHA-256 over what never changes and the digest of the entry before."""
        return _sha256(
            [
                self.company_id, _time(self.at), self.user_id, self.acting_for_id, self.people, self.verb, self.target,
                bytes(self.content_digest).hex(), bytes(self.previous).hex(),
            ]
        )  # fmt: skip


def _sha256(content: list[Any], salt: bytes = b"") -> bytes:
    return hashlib.sha256(salt + json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).digest()


def _time(at: datetime | None) -> str:
    return at.isoformat() if at else ""
