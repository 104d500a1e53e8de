"""How much vans sent in a month, by van and country (VH-07)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Vehicle

MOST = 5000
"""Lines of a month that are read; the largest."""
_SQL = """
    SELECT vehicle_id, country, sum(messages)::bigint, sum(bytes)::bigint FROM telemetry.traffic
    WHERE company_id = ANY (%s) AND day >= %s AND day < %s
    GROUP BY vehicle_id, country ORDER BY 4 DESC, 1, 2 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What one van sent from one country."""

    vehicle: Vehicle
    country: str
    """ISO 3166-1; empty when nothing told where the van was."""
    messages: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Month:
    """By UTC's days."""

    first: date
    before: date
    after: date | None
    """None for the month that runs."""


def month_of(text: str) -> Month:
    """`2026-11`; what is no month, or has not begun, is the one that runs."""
    today = datetime.now(UTC).date()
    try:
        first = min(date.fromisoformat(f"{text}-01"), today.replace(day=1))
    except ValueError:
        first = today.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    before = (max(first, date(2000, 1, 1)) - timedelta(days=1)).replace(day=1)
    return Month(first, before, after if after <= today else None)


def traffic_of(companies: Sequence[int], month: Month) -> list[Line]:
    """The largest first."""
    end = (month.first + timedelta(days=32)).replace(day=1)
    with company_scope(companies), connection.cursor() as cursor:
        cursor.execute(_SQL, [list(companies), month.first, end, MOST])
        rows = cursor.fetchall()
        vans = Vehicle.ever.in_bulk({row[0] for row in rows})
    return [Line(vans[van], country, messages, size) for van, country, messages, size in rows if van in vans]
