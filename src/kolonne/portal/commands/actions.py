import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from kolonne import config
from kolonne.portal.audit import actions as audit
from kolonne.portal.commands import lifecycle, sealing
from kolonne.portal.commands.errors import Refused
from kolonne.portal.commands.lifecycle import State
from kolonne.portal.commands.models import Command, CommandStep, UnlockPin, Via
from kolonne.portal.commands.permissions import UNLOCK, WRITE
from kolonne.portal.commands.queries import pin_state
from kolonne.portal.commerce.models import Profile
from kolonne.portal.identity.models import User
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles.models import ModuleSession, ModuleStatus, Vehicle
from kolonne.wire.commands import KINDS, CommandKind, complaints

_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,100}")
_WORKER_GRACE = timedelta(seconds=30)


@dataclass(frozen=True)
class Order:
    """What is asked of a van. `pin_user_id`: whose PIN it is, where a program and not a person asks."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    pin: str = ""
    pin_user_id: int | None = None


@transaction.atomic
def request_command(
    *, actor: Actor, vehicle: Vehicle, order: Order, idempotency_key: str | None = None, via: Via = Via.PAGE
) -> Command:
    """Queues a command for the signer. The same key gives the same command again, however often and in parallel.

    Raises NotAllowed, Invalid (unknown command, arguments, PIN), Refused (not bought, not able, no module, PIN state)
    and Conflict (the key was used for something else).
    """
    kind = _checked_kind(order)
    require(actor, UNLOCK if kind.needs_pin else WRITE, vehicle.company_id)
    if idempotency_key is not None and not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        remedy = "1 to 100 printable ASCII characters without spaces"
        raise Invalid("bad_idempotency_key", "the idempotency key is malformed", {"Idempotency-Key": remedy})
    with company_scope([vehicle.company_id]):
        earlier = _earlier(vehicle, order, idempotency_key)
        if earlier:
            return earlier
        pin_user_id = _checked_pin(actor, kind, order)
        _check_van(vehicle, kind)
        command = _command(actor, vehicle, kind, order, idempotency_key, via)
        command.pin_user_id = pin_user_id
        if pin_user_id is not None:
            command.pin_sealed = sealing.seal(order.pin, command_id=command.pk, box_public=_box_public())
        try:
            with transaction.atomic():
                command.save(force_insert=True)
        except IntegrityError:
            # A second click or a retry was faster: its command is the one.
            winner = _earlier(vehicle, order, idempotency_key)
            if winner is None:
                raise
            return winner
        _record(actor, command)
    return command


def _checked_kind(order: Order) -> CommandKind:
    kind = KINDS.get(order.name)
    if kind is None:
        raise Invalid("unknown_command", f"{order.name!r} is not a command", {"command": "one of " + ", ".join(KINDS)})
    wrong = complaints(kind, order.args)
    if wrong:
        errors = {f"args.{name}": complaint for name, complaint in wrong.items()}
        raise Invalid("bad_arguments", f"the arguments do not fit {kind.name}", errors)
    return kind


def _checked_pin(actor: Actor, kind: CommandKind, order: Order) -> int | None:
    """Whose PIN the signer shall compare; None for commands that need none. Whether it fits only the signer knows."""
    if not kind.needs_pin:
        return None
    if not order.pin:
        raise Invalid("pin_missing", "opening a van needs a PIN", {"pin": "the six digits of your unlock PIN"})
    if not sealing.is_pin(order.pin):
        raise Invalid("bad_pin", "that is not a PIN", {"pin": "six digits"})
    user_id = actor.user_id if actor.user_id is not None else order.pin_user_id
    state = None if user_id is None else pin_state(user_id)
    if state is None:
        raise Refused("pin_not_set", "no unlock PIN is set", "set one in your profile, under Unlock PIN")
    if state["locked"]:
        raise Refused("pin_locked", "the unlock PIN is locked after wrong tries", "set a new one in your profile")
    return user_id


def _check_van(vehicle: Vehicle, kind: CommandKind) -> None:
    profile = Profile.objects.filter(vehicle=vehicle).first()
    if profile is None or kind.name not in profile.commands:
        raise Refused(
            "not_entitled", f"no product of this van includes {kind.name}", "have a product with this command assigned"
        )
    active = vehicle.modules.filter(status=ModuleStatus.ACTIVE).first()
    if active is None:
        raise Refused("no_module", "this van has no module in service", "enrol a module for it")
    session = ModuleSession.objects.filter(module=active).first()
    if session and kind.name not in session.capabilities:
        raise Refused("not_capable", f"this van cannot do {kind.name}", "choose a command that the van offers")


def _earlier(vehicle: Vehicle, order: Order, idempotency_key: str | None) -> Command | None:
    if idempotency_key is None:
        return None
    earlier = Command.objects.filter(company_id=vehicle.company_id, idempotency_key=idempotency_key).first()
    if earlier and (earlier.vehicle_id, earlier.name, earlier.args) != (vehicle.pk, order.name, dict(order.args)):
        raise Conflict(
            "idempotency_key_reused",
            "this idempotency key was used for another command",
            remedy="use a new key for a new command",
        )
    return earlier


def _command(
    actor: Actor, vehicle: Vehicle, kind: CommandKind, order: Order, idempotency_key: str | None, via: Via
) -> Command:
    now = timezone.now()
    return Command(
        id=uuid4(),
        company_id=vehicle.company_id,
        vehicle=vehicle,
        name=kind.name,
        args=dict(order.args),
        user_id=actor.user_id,
        requested_by=actor.label,
        via=via,
        address=actor.address,
        idempotency_key=idempotency_key,
        created_at=now,
        expires_at=now + timedelta(seconds=kind.seconds_to_live),
    )


def _record(actor: Actor, command: Command) -> None:
    CommandStep.objects.create(
        company_id=command.company_id, command=command, state=State.QUEUED.value, at=command.created_at
    )
    audit.record(
        actor,
        "commands.command.requested",
        on=command,
        company_id=command.company_id,
        vehicle=command.vehicle_id,
        args=command.args,
        via=str(command.via),
    )
    notify.notify(notify.COMMANDS, str(command.pk))


@cache
def _box_public() -> str:
    """The signer's public sealing key; made once per data directory."""
    return config.load().secret("signer-box-public")


@transaction.atomic
def set_pin(*, actor: Actor, user: User, current_password: str, pin: str) -> None:
    """A new unlock PIN for oneself, which also ends a lock. Raises NotAllowed, Invalid (password, PIN)."""
    if actor.user_id != user.pk:
        raise NotAllowed("commands.pin:write")
    if not user.check_password(current_password):
        raise Invalid("wrong_password", "the password is wrong", {"password": "the password of your account"})
    if not sealing.is_pin(pin):
        raise Invalid("bad_pin", "that is not a PIN", {"pin": "six digits"})
    if sealing.is_weak(pin):
        raise Invalid("weak_pin", "that PIN is guessed first", {"pin": "no row of equal or consecutive digits"})
    # The application may write the hash but not read it, so neither update_or_create nor `excluded.hash` is possible.
    values: dict[str, int | str | datetime] = {"user": user.pk, "hash": sealing.hash_pin(pin), "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO commands_unlockpin (user_id, hash, failures, locked, set_at) "
            "VALUES (%(user)s, %(hash)s, 0, false, %(now)s) ON CONFLICT (user_id) "
            "DO UPDATE SET hash = %(hash)s, failures = 0, locked = false, set_at = %(now)s",
            values,
        )
    audit.record(actor, "commands.pin.set", on=user, company_id=None)


def forget_pin(actor: Actor, user: User) -> None:
    """Of somebody whose account is deleted. The row stays and is locked: the application may write, but not delete."""
    UnlockPin.objects.filter(pk=user.pk).update(hash="", locked=True)


def expire_overdue(*, actor: Actor) -> int:
    """Ends what the signer did not end in time, because it is down; answers how many. For the worker."""
    if not actor.is_system:
        raise NotAllowed("commands.command:expire")
    return sum(_expire_overdue_of(company) for company in all_companies())


def _expire_overdue_of(company: int) -> int:
    now = timezone.now()
    overdue = models.Q()
    for state, grace in lifecycle.GRACE.items():
        overdue |= models.Q(state=state.value, expires_at__lte=now - grace - _WORKER_GRACE)
    with company_scope([company]):
        found = Command.objects.filter(overdue, company_id=company).values_list("pk", "state", "sent_at")
        return sum(_expire(company, pk, state, sent=sent_at is not None) for pk, state, sent_at in list(found))


def _expire(company: int, pk: Any, state: str, *, sent: bool) -> int:
    now, reason = timezone.now(), "no_answer" if sent else "unreachable"
    changed = Command.objects.filter(pk=pk, state=state).update(
        state=State.EXPIRED.value, reason=reason, finished_at=now, pin_sealed=None
    )
    if changed == 1:
        CommandStep.objects.create(company_id=company, command_id=pk, state=State.EXPIRED.value, at=now, reason=reason)
        notify.notify(notify.COMMANDS, str(pk))
    return changed
