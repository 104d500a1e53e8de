"""What becomes of readings when the company of the vans is deleted (CO-07), and the files it can take along (CO-11)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.companies.actions.leaving import note_erased
from kolonne.portal.companies.hooks import Consequence, Departure, Unit
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.archive import Archive, Position, safe_name
from kolonne.portal.telemetry.queries import COLUMNS, MAX_POINTS, Point, history, refusals, transitions
from kolonne.portal.vehicles.models import Vehicle

BATCH = 50_000
"""Samples that one transaction deletes."""
MOST_COUNTED = 1_000_000
"""Beyond, a page says "more than" and does not count on."""
MOST_LINES = 100_000
"""Of a van's diary."""
MOST_LOOKED_AT = 500
"""Vans whose oldest sample is looked for."""
_OLDEST = """
    SELECT min(first.ts) FROM (SELECT id FROM vehicles_vehicle WHERE company_id = %s ORDER BY id LIMIT %s) van
    CROSS JOIN LATERAL (
        SELECT ts FROM telemetry.sample WHERE vehicle_id = van.id AND company_id = %s ORDER BY ts LIMIT 1
    ) first
"""
_COUNT = """
    SELECT count(*) FROM (
        SELECT 1 FROM telemetry.sample WHERE company_id = %s
        AND vehicle_id IN (SELECT id FROM vehicles_vehicle WHERE company_id = %s) LIMIT %s
    ) counted
"""


def consequences(company: Company) -> list[Consequence]:
    count, oldest = _volume(company)
    if oldest is None:
        return []
    day = formats.date_format(timezone.localtime(oldest), "DATE_FORMAT")
    if count > MOST_COUNTED:
        title = _("More than %(n)s readings") % {"n": formats.number_format(MOST_COUNTED, force_grouping=True)}
    else:
        shown = formats.number_format(count, force_grouping=True)
        title = ngettext("%(n)s reading", "%(n)s readings", count) % {"n": shown}
    text = _("Where the vans were and what they measured, the oldest of %(day)s. The export holds all of them.")
    return [Consequence(title, text % {"day": day}, "erased")]


def _volume(company: Company) -> tuple[int, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, [company.pk, MOST_LOOKED_AT, company.pk])
        (oldest,) = cursor.fetchone()
        cursor.execute(_COUNT, [company.pk, company.pk, MOST_COUNTED + 1])
        (count,) = cursor.fetchone()
    return count, oldest


def erase(actor: Actor, company: Company) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT samples, others FROM telemetry.erase_company(%s, %s)", [company.pk, BATCH])
        samples, others = cursor.fetchone()
    note_erased(company, readings=samples, others=others)
    return bool(samples + others == 0)


def files(company: Company) -> Iterator[Unit]:
    """Three pieces of work for each van, also of those that were removed, so that the progress moves and no transaction
    lasts. What the company cannot see it cannot take along either (VH-05)."""
    for vehicle in Vehicle.ever.filter(company=company).order_by("pk"):
        yield from _files_of(vehicle)


def _files_of(vehicle: Vehicle) -> Iterator[Unit]:
    name = f"vans/{safe_name(vehicle.plate or vehicle.name or vehicle.vin)}-{vehicle.pk}"

    def readings(archive: Archive) -> int:
        return archive.csv(f"{name}/readings", _HEAD, (_row(point) for point in points_of(vehicle)))

    def track(archive: Archive) -> int:
        return archive.gpx(f"{name}/track", str(vehicle), positions_of(vehicle))

    def diary(archive: Archive) -> int:
        archive.table(f"{name}/refused", (_plain(one) for one in refusals(vehicle, days=400)))
        return archive.table(f"{name}/diary", (_plain(one) for one in transitions(vehicle, limit=MOST_LINES)))

    yield from (readings, track, diary)


_HEAD = ("time", "received", "clock_implausible", *COLUMNS, "more")


def points_of(vehicle: Vehicle) -> Iterator[Point]:
    """Everything that is stored of a van, oldest first; read page by page, so that memory stays small."""
    cursor = None
    while True:
        page = history(vehicle, limit=MAX_POINTS, cursor=cursor)
        yield from page.points
        if page.cursor is None:
            return
        cursor = page.cursor


def positions_of(vehicle: Vehicle) -> Iterator[Position]:
    """Where the van was, by its own clock."""
    for point in points_of(vehicle):
        lat, lon = point.signals.get("lat"), point.signals.get("lon")
        if isinstance(lat, float) and isinstance(lon, float):
            altitude = point.signals.get("altitude")
            yield Position(point.at, lat, lon, altitude if isinstance(altitude, float) else None)


def _row(point: Point) -> dict[str, Any]:
    columns = {name: point.signals.get(name) for name in COLUMNS}
    more = {name: value for name, value in point.signals.items() if name not in COLUMNS}
    about = {"time": point.at, "received": point.received, "clock_implausible": point.clock_implausible}
    return about | columns | {"more": more or None}


def _plain(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


DEPARTURE = Departure("telemetry", consequences, erase=erase)
