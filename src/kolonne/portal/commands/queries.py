from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from kolonne.portal.commands.lifecycle import CommandView, describe
from kolonne.portal.commands.models import Command, UnlockPin
from kolonne.portal.commands.permissions import READ
from kolonne.portal.commerce.visibility import sight
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Vehicle

RECENT = 20


def companies_with_commands(actor: Actor) -> list[int]:
    """Companies whose commands this actor may see."""
    return [company for company in actor.company_ids if actor.may(READ, company)]


def get_command_for(actor: Actor, command_id: UUID) -> Command:
    """Raises NotFound to strangers, who must not learn that the command exists."""
    companies = companies_with_commands(actor)
    with company_scope(companies):
        wanted = Command.objects.filter(pk=command_id, company_id__in=companies)
        command = wanted.defer("pin_sealed", "signed").prefetch_related("steps").select_related("vehicle").first()
    if command is None:
        raise NotFound("command")
    return command


def recent_commands(vehicle: Vehicle) -> list[CommandView]:
    """The last commands of a van, newest first."""
    with company_scope([vehicle.company_id]):
        commands = Command.objects.filter(vehicle=vehicle).order_by("-created_at").prefetch_related("steps")
        return [view_of(command) for command in commands.defer("pin_sealed", "signed")[:RECENT]]


def view_of(command: Command) -> CommandView:
    """What screens show of a command; reads its steps."""
    return describe(
        command_id=command.pk,
        vehicle_id=command.vehicle_id,
        name=command.name,
        requested_by=command.requested_by,
        created_at=command.created_at,
        steps=[(step.state, step.at, step.reason) for step in command.steps.all()],
    )


def reply_of(command: Command) -> dict[str, Any] | None:
    """The readings by which the van said what it became, as far as they may be seen now (VH-05)."""
    if command.reply_state is None:
        return None
    seen = sight(command.company_id).of(command.reply_state)
    return {name: command.reply_state[name] for name in seen}


class PinState(TypedDict):
    set_at: datetime
    locked: bool


def pin_state(user_id: int) -> PinState | None:
    """When a person's PIN was set and whether it is locked; None if there is none. The hash cannot be read here."""
    return UnlockPin.objects.filter(pk=user_id).values("set_at", "locked").first()
