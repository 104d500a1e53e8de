from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.models import Company, Tenant
from kolonne.portal.identity.models import User


class SupportPassword(models.Model):
    """A person's support password and one-time code, both as hashes (SU-01), and the wrong tries of helpers (SU-02)."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    password = models.CharField(max_length=128, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    code = models.CharField(max_length=128, blank=True)
    code_expires_at = models.DateTimeField(null=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    """Within a day from `wrong_since` on."""
    wrong_since = models.DateTimeField(null=True)
    frozen_at = models.DateTimeField(null=True)
    """Until the person sets a new password nobody can act for him."""

    def __str__(self) -> str:
        return f"support password of {self.user_id}"


class Ended(models.TextChoices):
    """Why nobody acts any more."""

    TIME = "time", _("The time was over")
    AGENT = "agent", _("The helper ended it")
    USER = "user", _("You ended it")
    SIGNED_OUT = "signed_out", _("The helper signed out")
    HELPER = "helper", _("The helper may not help any more")
    PERSON = "person", _("The account, or its place in the company, changed")
    COMPANY = "company", _("The company is leaving, or has another dealer now")
    PASSWORD = "password", _("The support password was changed")
    ANOTHER = "another", _("The helper went on to another customer")


class ActingSession(models.Model):
    """A helper acts in a company in a user's name. The user and the helper read it; so does the company."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    agent_label = models.CharField(max_length=200)
    organisation = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    """The dealer or operator that the helper belongs to."""
    organisation_label = models.CharField(max_length=120)
    session_epoch = models.PositiveIntegerField()
    """Of the helper: signing out everywhere ends it too."""
    session_key = models.CharField(max_length=40, db_default="")
    """Of the helper's browser session: the acting lives in this one only and ends with it."""
    started_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=20, choices=Ended, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "ended_at"], name="support_session_of_user")]

    def __str__(self) -> str:
        return f"{self.agent_label} for {self.user}"
