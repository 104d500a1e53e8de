from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.models import Company
from kolonne.portal.identity.models import User


class ImportState(models.TextChoices):
    PREVIEW = "preview", _("Not begun yet")
    """It was read and waits for somebody to say "go on"."""
    RUNNING = "running", _("Being worked off")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    """Whoever began it may add vans no longer."""


class VanImport(models.Model):
    """A file with vans, from the upload to its report (VH-01). Forgotten after some weeks, with its lines."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    file_name = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.PREVIEW)
    updates = models.BooleanField(default=True)
    """Whether plates and names of vans that are there already follow the file."""
    total = models.PositiveIntegerField(default=0)
    foreseen = models.JSONField(default=dict)
    """Lines by what will probably become of them; what other companies have is unknown before (VH-02)."""
    asked_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(default=timezone.now)
    """When the last batch was written."""
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id", "company"], name="vehicles_vanimport_of_company")]

    def __str__(self) -> str:
        return f"import {self.pk}"


class Outcome(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    ADDED = "added", _("Added")
    UPDATED = "updated", _("Changed")
    SAME = "same", _("There already")
    REFUSED = "refused", _("Refused")
    LATER = "later", _("Not checked today")
    """So many VINs of today were taken that nothing is told about further ones."""


class ImportLine(models.Model):
    """A line of such a file. Its outcome is written in the transaction that did it: that is where a job goes on."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    van_import = models.ForeignKey(VanImport, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    """In the file, from 1, with the line of headings."""
    values = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    problems = models.JSONField(default=list)
    """Field, value, code and facts of each; the words are made when they are read."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["van_import", "number"], name="vehicles_importline_once")]
        indexes = [models.Index(fields=["van_import", "outcome", "number"], name="vehicles_importline_by_outcome")]

    def __str__(self) -> str:
        return f"line {self.number}"
