"""Vans, their state and their history in the REST API."""

from typing import Annotated, Any

import msgspec
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime, Field

from kolonne.portal.fleet.actions import note_look_at_history, note_look_at_vans, note_look_at_vehicle
from kolonne.portal.fleet.permissions import HISTORY, STATE
from kolonne.portal.lib import problems
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Invalid, NotAllowed, NotFound
from kolonne.portal.lib.problems import FieldError
from kolonne.portal.telemetry import queries as telemetry
from kolonne.portal.vehicles.models import Vehicle
from kolonne.portal.vehicles.queries import companies_with_vans, get_vehicle_by_vin_for
from kolonne.wire import signals as wire
from kolonne.wire.subjects import VIN

router = Router(tags=["vehicles"])

MAX_PAGE = 1000

Vin = Annotated[str, Path(description="Vehicle identification number, 17 characters", max_length=40)]


class VehicleOut(Schema):
    """A van."""

    id: int
    vin: str
    plate: str
    name: str
    make: str
    model: str
    model_year: int | None
    drive: str = Field(description="`electric`, `diesel`, `petrol` or `hybrid`")
    driver: str
    removed_at: AwareDatetime | None = Field(
        default=None, description="When the van left the company; null: it is there"
    )


class VehiclePage(Schema):
    """Some vans, and where the next ones begin."""

    vehicles: list[VehicleOut]
    next: int | None = Field(description="Send it as `after` to get the next page; null at the end")


class SignalOut(Schema):
    """The last value of a signal, in the unit of the Vehicle Signal Specification."""

    path: str = Field(description="Name in VSS 6.0, or `Kolonne.*` where that has none")
    value: bool | float | str | list[str]
    unit: str
    time: AwareDatetime = Field(description="When the van measured it last")
    since: AwareDatetime = Field(description="Since when it is what it is")


class VehicleStateOut(VehicleOut):
    """A van with the last value of every signal, by short name."""

    received: AwareDatetime | None = Field(description="When the platform last heard of the van; null: never")
    signals: dict[str, SignalOut]


class PointOut(Schema):
    """What a van measured at one time."""

    time: AwareDatetime
    signals: dict[str, bool | float | str | list[str]] = Field(description="Values by short name")
    clock_implausible: bool = Field(
        default=False, description="The van's clock was wrong: `time` is when the platform got the point"
    )


class HistoryOut(Schema):
    """Points in order of time, and where the next ones begin."""

    points: list[PointOut]
    next: str | None = Field(description="Send it as `cursor` to get the next page; null at the end")


class SnapshotOut(Schema):
    """All vans with their state, as the live map reads it: each signal is [value, time, since] in milliseconds."""

    now: int
    vans: list[dict[str, Any]]


@router.get("/vehicles", response=VehiclePage, summary="The vans of the company")
def list_vehicles(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    removed: Annotated[  # noqa: FBT002  # a query parameter
        bool, Query(description="Those that were removed, instead of those that are there")
    ] = False,
) -> Any:
    """In the order in which they were added. What was removed keeps the readings of its time with the company, as far
    as services are active on another van; a VIN that was there several times is in the list of the removed as often."""
    companies = companies_with_vans(request.actor)  # type: ignore[attr-defined]  # set by authentication
    known = Vehicle.ever.of(companies).exclude(removed_at=None) if removed else Vehicle.objects.of(companies)
    vans = list(known.filter(pk__gt=after).order_by("pk")[: limit + 1])
    return {"vehicles": vans[:limit], "next": vans[limit - 1].pk if len(vans) > limit else None}


@router.get("/vehicles/{vin}", response=VehicleStateOut, summary="A van and its state")
def get_vehicle(request: HttpRequest, vin: Vin) -> Any:
    """The last value of every signal of an active service, with its time. A VIN means the van that is there; if there
    is none, the one that was removed last."""
    vehicle = _vehicle(request, vin, also_removed=True)
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by authentication
    require(actor, STATE, vehicle.company_id)
    note_look_at_vehicle(actor, vehicle)
    state = telemetry.vehicle_state(vehicle)
    known = wire.catalogue()
    told = {
        name: {
            "path": known[name].path,
            "value": reading.value,
            "unit": known[name].unit,
            "time": reading.at,
            "since": reading.since,
        }
        for name, reading in state.signals.items()
        if name in known
    }
    return {**VehicleOut.from_orm(vehicle).dict(), "received": state.received, "signals": told}


@router.get("/vehicles/{vin}/history", response=HistoryOut, summary="What a van measured")
def get_history(
    request: HttpRequest,
    vin: Vin,
    signals: Annotated[str, Query(description="Short names or VSS paths with commas between; empty: all")] = "",
    start: Annotated[AwareDatetime | None, Query(alias="from", description="Points from this time on")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Points before this time")] = None,
    limit: Annotated[int, Query(ge=1, le=telemetry.MAX_POINTS)] = 1000,
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of the page before")] = None,
) -> Any:
    """Oldest first. Values are exactly what the van sent; only signals of services that are active on one of the
    company's vans, and only times in which the van was the company's. The VIN means the same van as for its state."""
    vehicle = _vehicle(request, vin, also_removed=True)
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by authentication
    require(actor, HISTORY, vehicle.company_id)
    note_look_at_history(actor, vehicle)
    names = [name.strip() for name in signals.split(",") if name.strip()]
    unknown = [name for name in names if wire.find(name) is None]
    if unknown:
        return _unknown_signals(unknown)
    wanted = [signal.name for name in names if (signal := wire.find(name))]
    try:
        page = telemetry.history(vehicle, signals=wanted, start=start, end=end, limit=limit, cursor=cursor)
    except DataError as error:
        raise Invalid("invalid_cursor", "this is not a cursor", {"cursor": "`next` of the page before"}) from error
    return HttpResponse(_history_json(page), content_type="application/json")


@router.get("/live/snapshot", response=SnapshotOut, summary="All vans with their state, for live pages")
def get_snapshot(request: HttpRequest) -> HttpResponse:
    """What changes after `now` is told by the stream `GET live`."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by authentication
    companies = companies_with_vans(actor)
    if not companies:
        raise NotAllowed(STATE)
    for company in companies:
        require(actor, STATE, company)
    note_look_at_vans(actor)
    return HttpResponse(telemetry.snapshot_json(companies), content_type="application/json")


def _vehicle(request: HttpRequest, vin: str, *, also_removed: bool = False) -> Vehicle:
    if not VIN.fullmatch(vin.upper()):
        raise NotFound("vehicle")
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by authentication
    return get_vehicle_by_vin_for(actor, vin, also_removed=also_removed)


def _unknown_signals(names: list[str]) -> HttpResponse:
    remedy = "a short name or VSS path from docs/reference/wire.md"
    return problems.response(
        422,
        "unknown_signal",
        f"{problems.shown(names[0])} is not a signal",
        errors=[FieldError(field="signals", value=problems.shown(name), remedy=remedy) for name in names],
    )


def _history_json(page: telemetry.HistoryPage) -> bytes:
    """Ten thousand points go out without a model for each of them."""
    points = [
        {"time": point.at, "signals": point.signals, "clock_implausible": True}
        if point.clock_implausible
        else {"time": point.at, "signals": point.signals}
        for point in page.points
    ]
    return msgspec.json.encode({"points": points, "next": page.cursor})
