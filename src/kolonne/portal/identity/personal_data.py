"""What is compared with an identity document (CO-03, VE-02)."""

import unicodedata
from dataclasses import dataclass
from datetime import date

from django.utils.crypto import salted_hmac

from kolonne.portal.identity.models import User


@dataclass(frozen=True)
class PersonalData:
    """What a document says of a person, and what is stored of him (CO-03)."""

    first_name: str
    last_name: str
    birth_date: date | None

    @classmethod
    def of(cls, user: User) -> "PersonalData":
        return cls(user.first_name, user.last_name, user.birth_date)

    @property
    def is_complete(self) -> bool:
        return bool(self.first_name.strip() and self.last_name.strip() and self.birth_date)

    @property
    def fingerprint(self) -> str:
        """Tells whether the data are still those that somebody saw, without holding them."""
        facts = f"{self.first_name}\n{self.last_name}\n{self.birth_date}"
        return salted_hmac("kolonne.portal.identity.verification", facts, algorithm="sha256").hexdigest()

    def differences(self, other: "PersonalData") -> list[str]:
        """Names of the fields that differ. Documents print in capitals: case, ß and spaces do not count."""
        pairs = ((name, getattr(self, name), getattr(other, name)) for name in ("first_name", "last_name"))
        found = [name for name, one, another in pairs if _plain(one) != _plain(another)]
        return found + (["birth_date"] if self.birth_date != other.birth_date else [])


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
