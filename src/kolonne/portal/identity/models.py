from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Language(models.TextChoices):
    GERMAN = "de", "Deutsch"
    NORWEGIAN = "nb", "Norsk bokmål"
    ENGLISH = "en", "English"


class User(AbstractUser):
    """A person. Signs in with the user id (`username`) or, once it is verified, the e-mail address (ID-01)."""

    language = models.CharField(_("Language"), max_length=2, choices=Language, default=Language.ENGLISH)

    # Rights come from memberships in companies; Django's own staff flags, groups and permissions stay unused.
    is_staff = None
    is_superuser = None
    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~models.Q(email=""), name="identity_user_email_unique")
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        return "".join(name[:1] for name in (self.first_name, self.last_name)).upper() or self.username[:2].upper()
