import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from kolonne.portal.commands.lifecycle import State
from kolonne.portal.companies.models import Company
from kolonne.portal.identity.models import User
from kolonne.portal.vehicles.models import Vehicle


class Via(models.TextChoices):
    PAGE = "page", _("Portal")
    API = "api", _("API")


_STATES = [state.value for state in State]
_NEVER_SIGNED = models.Q(signed=None, counter=None, module_id=None, sent_at=None)
_SIGNED = models.Q(signed__isnull=False, counter__isnull=False, module_id__isnull=False, sent_at__isnull=False)


class Command(models.Model):
    """One order to one van. The portal writes it as `queued`; everything after that is the signer's doing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="commands")
    name = models.CharField(max_length=40)
    args = models.JSONField(default=dict)
    user_id = models.IntegerField(null=True)
    """Who asked; no foreign key, so that the record survives the person."""
    requested_by = models.CharField(max_length=200)
    via = models.CharField(max_length=4, choices=Via)
    address = models.CharField(max_length=45, blank=True)
    idempotency_key = models.CharField(max_length=100, null=True)  # null: unique among those given
    pin_user_id = models.IntegerField(null=True)
    """Whose PIN opens the van: the person who asked, or who made the API key."""
    pin_sealed = models.BinaryField(null=True)
    """Only the signer can open it; erased as soon as it was used or the command is finished."""
    state = models.CharField(max_length=10, default=State.QUEUED.value)
    reason = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    module_id = models.IntegerField(null=True)
    epoch = models.CharField(max_length=32, blank=True)
    boot = models.CharField(max_length=32, blank=True)
    counter = models.BigIntegerField(null=True)
    signed = models.BinaryField(null=True)
    reply_state = models.JSONField(null=True)
    """Signals by which the van says what it became, for example `{"locked": true}`."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="commands_command_of_company"),
            models.UniqueConstraint(fields=["company", "idempotency_key"], name="commands_command_once"),
            models.UniqueConstraint(fields=["module_id", "counter"], name="commands_command_counter"),
            models.CheckConstraint(condition=models.Q(state__in=_STATES), name="commands_command_state"),
            models.CheckConstraint(condition=_NEVER_SIGNED | _SIGNED, name="commands_command_signed_whole"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["sent", "accepted", "done"]) | _SIGNED, name="commands_command_signed"
            ),
            models.CheckConstraint(
                condition=models.Q(state="queued") | models.Q(pin_sealed=None), name="commands_command_pin_erased"
            ),
        ]
        indexes = [
            models.Index(fields=["vehicle", "-created_at"], name="commands_of_vehicle"),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state__in=["queued", "sent", "accepted"]),
                name="commands_unfinished",
            ),
            models.Index(
                fields=["sent_at"],
                condition=models.Q(pin_user_id__isnull=False, sent_at__isnull=False),
                name="commands_openings",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CommandStep(models.Model):
    """A state that a command reached. The application may add steps; nobody changes or deletes them."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    command = models.ForeignKey(Command, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=10)
    at = models.DateTimeField()
    reason = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=models.Q(state__in=_STATES), name="commands_step_state")]


class UnlockPin(models.Model):
    """A person's PIN for opening vans. The application can set it and cannot read it: only the signer compares."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    hash = models.CharField(max_length=200)
    failures = models.SmallIntegerField(default=0)
    locked = models.BooleanField(default=False)
    """After too many wrong tries, until a new PIN is set with the account's password."""
    set_at = models.DateTimeField()


class ModuleCounter(models.Model):
    """The number of the last command signed for a module; it only grows, whatever epoch the module is in."""

    module_id = models.IntegerField(primary_key=True)
    counter = models.BigIntegerField()


class OpeningFreeze(models.Model):
    """No van is opened while one of these is not lifted: there were too many openings in a short time."""

    since = models.DateTimeField()
    openings = models.IntegerField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=80, blank=True)
