"""Commands in the REST API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Header, Path, Router, Schema, Status
from pydantic import ConfigDict, Field

from kolonne.portal.commands import actions, queries
from kolonne.portal.commands.actions import Order
from kolonne.portal.commands.models import Command, Via
from kolonne.portal.commands.permissions import UNLOCK
from kolonne.portal.companies.models import ApiKey
from kolonne.portal.companies.queries import KeyHolder, actor_of
from kolonne.portal.lib import problems
from kolonne.portal.lib.errors import Invalid, NotFound
from kolonne.portal.vehicles.queries import get_vehicle_by_vin_for
from kolonne.wire.subjects import VIN

router = Router(tags=["commands"])

Vin = Annotated[str, Path(description="Vehicle identification number, 17 characters", max_length=40)]


class CommandIn(Schema):
    """An order to a van."""

    model_config = ConfigDict(extra="forbid")

    command: str = Field(description="For example `lock`; see the list of commands", max_length=40)
    args: dict[str, Any] = Field(default_factory=dict, description="Arguments by name")
    pin: str = Field("", description="Unlock PIN of the person, or of who made the key; for `unlock` only")


class StepOut(Schema):
    """A state that the command reached."""

    state: str
    at: datetime
    reason: str


class CommandOut(Schema):
    """A command and what became of it."""

    id: UUID
    vin: str
    vehicle_id: int
    name: str
    args: dict[str, Any]
    state: str = Field(description="`queued`, `sent`, `accepted`, `done`, `failed` or `expired`")
    reason: str = Field(description="Why it failed or expired, as a code; else empty")
    requested_by: str
    created_at: datetime
    expires_at: datetime
    reply: dict[str, Any] | None = Field(description="Signals by which the van says what it became")
    steps: list[StepOut]


@router.post("/vehicles/{vin}/commands", response={202: CommandOut}, summary="Give a command to a van")
def give_command(
    request: HttpRequest,
    response: HttpResponse,
    vin: Vin,
    body: CommandIn,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=100)] = None,
) -> Any:
    """Answers at once; what became of the command is told by `GET commands/{id}` and by the live stream.

    The same Idempotency-Key gives the same command again, so that a retry never acts twice.
    """
    if not VIN.fullmatch(vin.upper()):
        raise NotFound("vehicle")
    actor = request.actor  # type: ignore[attr-defined]  # set by authentication
    vehicle = get_vehicle_by_vin_for(actor, vin)
    order = Order(name=body.command, args=body.args, pin=body.pin, pin_user_id=_pin_user(request))
    try:
        command = actions.request_command(
            actor=actor, vehicle=vehicle, order=order, idempotency_key=idempotency_key, via=Via.API
        )
    except Invalid as error:
        # The PIN is not told back, whatever is wrong with it.
        sent = {"command": body.command, **{f"args.{name}": value for name, value in body.args.items()}}
        return problems.of_error(error, sent={**sent, "Idempotency-Key": idempotency_key})
    response["Location"] = f"/api/v1/commands/{command.pk}"
    return Status(202, command_out(command))


@router.get("/commands/{command_id}", response=CommandOut, summary="What became of a command")
def get_command(request: HttpRequest, command_id: UUID) -> Any:
    """Its state, and every step with time and reason."""
    command = queries.get_command_for(request.actor, command_id)  # type: ignore[attr-defined]  # set by authentication
    return command_out(command)


def command_out(command: Command) -> dict[str, Any]:
    """A command as the API shows it."""
    return {
        **queries.view_of(command),
        "vin": command.vehicle.vin,
        "args": command.args,
        "expires_at": command.expires_at,
        "reply": queries.reply_of(command),
    }


def _pin_user(request: HttpRequest) -> int | None:
    """Whose PIN a program sends: that of the person who made its key, while he may open vans of the company himself."""
    holder = request.auth  # type: ignore[attr-defined]  # set by authentication
    if not isinstance(holder, KeyHolder):
        return None
    key = ApiKey.objects.filter(pk=holder.key_id, created_by__is_active=True).select_related("created_by").first()
    maker = key.created_by if key else None
    return maker.pk if maker and actor_of(maker).may(UNLOCK, holder.company_id) else None
