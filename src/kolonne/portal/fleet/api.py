"""Vans, their state and their history in the REST API."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from kolonne.portal.vehicles.models import Vehicle
from kolonne.portal.vehicles.queries import companies_with_vans

router = Router(tags=["vehicles"])

MAX_PAGE = 1000


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


class VehiclePage(Schema):
    """Some vans, and where the next ones begin."""

    vehicles: list[VehicleOut]
    next: int | None = Field(description="Send it as `after` to get the next page; null at the end")


@router.get("/vehicles", response=VehiclePage, summary="The vans of the company")
def list_vehicles(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Any:
    """In the order in which they were added."""
    companies = companies_with_vans(request.actor)  # type: ignore[attr-defined]  # set by authentication
    vans = list(Vehicle.objects.of(companies).filter(pk__gt=after).order_by("pk")[: limit + 1])
    return {"vehicles": vans[:limit], "next": vans[limit - 1].pk if len(vans) > limit else None}
