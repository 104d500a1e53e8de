from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from kolonne.portal.companies.models.organisations import Tenant
from kolonne.portal.identity.models import User


class Merge(models.Model):
    """One company becomes part of another of its market, from the code to the last row (CO-10). Survives any
    interruption: a step that was finished is named in `steps`, in the transaction that did it."""

    stays = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    """The company that goes on, with everything of both."""
    gone = models.ForeignKey(Tenant, on_delete=models.PROTECT, null=True, related_name="+")
    """The one that becomes part of it; None while nobody has used the code."""
    code = models.CharField(max_length=12, unique=True, null=True)
    """What the administrators of the one that stays hand over; None when one person administers both, and once the
    rows begin to move."""
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    """Until then it is to be confirmed by both sides."""
    asked_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    """Who confirmed it for the company that goes."""
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    """Who did for the one that stays: from then on nobody takes it back."""
    stopped_at = models.DateTimeField(null=True)
    gone_name = models.CharField(max_length=120, blank=True)
    generations = models.JSONField(default=list)
    """Of the master data of the company that is gone: what was true stays readable (CO-02)."""
    people = ArrayField(models.IntegerField(), default=list)
    """Ids of everybody who was in it, to be told at the end."""
    steps = ArrayField(models.CharField(max_length=60), default=list)
    place = models.JSONField(default=dict)
    """Where the step that works in pieces goes on."""
    done, total = models.PositiveBigIntegerField(default=0), models.PositiveBigIntegerField(default=0)
    """Readings that have moved, and about how many there are."""
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gone"],
                condition=models.Q(confirmed_at__isnull=False),
                name="companies_merge_once",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None) | models.Q(gone__isnull=False, asked_at__isnull=False),
                name="companies_merge_asked_first",
            ),
        ]

    def __str__(self) -> str:
        return f"merge of {self.gone_name or self.gone_id} into {self.stays_id}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be confirmed."""
        return self.confirmed_at is None and self.stopped_at is None and self.expires_at > timezone.now()

    @property
    def is_running(self) -> bool:
        return self.confirmed_at is not None and self.done_at is None
