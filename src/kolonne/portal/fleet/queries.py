"""Reads of the vehicle management tool: vans with their state, filtered and in order."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.utils import timezone

from kolonne.portal.fleet.condition import Condition, Signals, condition, last_seen_ms, level
from kolonne.portal.lib.actor import Actor
from kolonne.portal.telemetry.queries import last_cells
from kolonne.portal.vehicles.models import Vehicle
from kolonne.portal.vehicles.queries import companies_with_vans

PAGE_SIZE = 50
_SEARCHED = ("plate", "name", "driver", "make", "model", "vin")
SORTS = ("plate", "name", "driver", "level", "seen")
_BY_STATE = frozenset({"level", "seen"})
"""Orders that are known only when every van's last state was read."""


@dataclass(frozen=True)
class Wanted:
    """What a reader asked the list for; `descending` reverses the order of `sort`."""

    search: str = ""
    state: str = ""
    sort: str = "plate"
    descending: bool = False
    page: str = "1"


@dataclass(frozen=True)
class Row:
    """A van as the list shows it."""

    vehicle: Vehicle
    condition: Condition
    level: float | None
    seen_ms: int


def list_vans(actor: Actor, wanted: Wanted) -> Page[Row]:
    """One page of vans. The states of all vans are read only where filter or order needs them."""
    vehicles = Vehicle.objects.of(companies_with_vans(actor))
    for word in wanted.search.split():
        vehicles = vehicles.filter(_about(word))
    if wanted.state or wanted.sort in _BY_STATE:
        return Paginator(_in_order(_rows(list(vehicles)), wanted), PAGE_SIZE).get_page(wanted.page)
    order = f"{'-' if wanted.descending else ''}{wanted.sort}"
    page = Paginator(vehicles.order_by(order, "pk"), PAGE_SIZE).get_page(wanted.page)
    return Page(_rows(list(page.object_list)), page.number, page.paginator)  # type: ignore[arg-type]  # same length


def now_ms() -> int:
    return int(timezone.now().timestamp() * 1000)


def _about(word: str) -> Q:
    found = Q()
    for name in _SEARCHED:
        found |= Q(**{f"{name}__icontains": word})
    return found


def _rows(vehicles: list[Vehicle]) -> list[Row]:
    states, now = last_cells(vehicles), now_ms()
    return [_row(vehicle, states.get(vehicle.pk, {}), now) for vehicle in vehicles]


def _row(vehicle: Vehicle, signals: Signals, now: int) -> Row:
    return Row(vehicle, condition(signals, now), level(signals, vehicle.drive), last_seen_ms(signals))


def _in_order(rows: list[Row], wanted: Wanted) -> list[Row]:
    """Vans without a value come last, whichever way the list is turned."""
    chosen = [row for row in rows if not wanted.state or row.condition.state == wanted.state]

    def value(row: Row) -> float | str | None:
        if wanted.sort == "level":
            return row.level
        return (row.seen_ms or None) if wanted.sort == "seen" else getattr(row.vehicle, wanted.sort).lower()

    known = [(value(row), row.vehicle.pk, row) for row in chosen if value(row) is not None]
    known.sort(key=lambda entry: entry[:2], reverse=wanted.descending)
    return [row for *_, row in known] + [row for row in chosen if value(row) is None]
