"""Reads of what was stored. Every function opens the scope of the companies that it is given, and only that one, and
shows only what `commerce.visibility` lets the company see (VH-05)."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db import connection

from kolonne.portal.commerce.visibility import Sight, Window, sight, sights, van_window
from kolonne.portal.lib.errors import Invalid
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Vehicle
from kolonne.wire.messages import encode_json
from kolonne.wire.signals import Value, catalogue

MAX_POINTS = 10_000
CLOCK_IMPLAUSIBLE = 1
COLUMNS = (
    *("lat", "lon", "altitude", "heading", "speed", "soc", "charge_power", "outside_temperature", "low_voltage"),
    *("odometer", "range", "fuel_level"),
)
"""Signals with a column of their own in `telemetry.sample`; all others are in `ext`."""

_SNAPSHOT = """
    SELECT v.id, v.vin, v.plate, v.name, v.make, v.model, v.drive, v.driver, v.company_id, coalesce(s.signals, '{}')
    FROM vehicles_vehicle v LEFT JOIN telemetry.state s ON s.vehicle_id = v.id
    WHERE v.company_id = ANY (%s) AND v.removed_at IS NULL ORDER BY v.id
"""
_SNAPSHOT_KEYS = ("id", "vin", "plate", "name", "make", "model", "drive", "driver")
_raw_cells = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_cells = msgspec.json.Decoder(dict[str, tuple[Any, int, int]]).decode


@dataclass(frozen=True, slots=True)
class Point:
    """One stored point."""

    at: datetime
    """Vehicle time, or the time of receipt if `clock_implausible`."""
    received: datetime
    clock_implausible: bool
    signals: dict[str, Value]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Points in order of time; `cursor` continues behind the last one, None at the end."""

    points: list[Point]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """The last value of a signal: read at `at`, the same since `since`, both by vehicle time."""

    value: Value
    at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class VehicleState:
    """What a van last said; `received` is None if it never said anything."""

    received: datetime | None
    signals: dict[str, Reading]


@dataclass(frozen=True, slots=True)
class Transition:
    """A line of the van's diary."""

    at: datetime
    signal: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class TrackPoint:
    at: datetime
    lat: float
    lon: float
    speed: float | None
    heading: float | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Readings of one day that were not stored. `signal` is empty if the catalogue does not know it."""

    day: datetime
    reason: str
    signal: str
    count: int


def snapshot_json(companies: Sequence[int]) -> bytes:
    """All vans with their last state, as the live page reads it. States are passed through as text: no row of it
    is parsed, which matters with ten thousand vans, unless a company had services that it has nowhere any more."""
    seen = sights(companies)
    rows = _fetch(companies, _SNAPSHOT, [list(companies)])
    vans = [
        encode_json(dict(zip(_SNAPSHOT_KEYS, van, strict=True)))[:-1]
        + b',"signals":'
        + _shown(seen[company], signals)
        + b"}"
        for *van, company, signals in rows
    ]
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    return b'{"now":%d,"vans":[%b]}' % (now_ms, b",".join(vans))


def vehicle_state(vehicle: Vehicle) -> VehicleState:
    sql = "SELECT received, signals FROM telemetry.state WHERE vehicle_id = %s"
    rows = _fetch([vehicle.company_id], sql, [vehicle.pk])
    if not rows:
        return VehicleState(None, {})
    received, text = rows[0]
    cells = _seen_cells(sight(vehicle.company_id), van_window(vehicle), text)
    return VehicleState(received, {name: Reading(v, _time(t), _time(since)) for name, (v, t, since) in cells.items()})


def last_cells(vehicles: Sequence[Vehicle]) -> dict[int, dict[str, tuple[Any, int, int]]]:
    """The last reading of every signal as (value, time, since) in milliseconds, by van; needs the companies' scope."""
    seen = sights({vehicle.company_id for vehicle in vehicles})
    with connection.cursor() as cursor:
        sql = "SELECT vehicle_id, signals FROM telemetry.state WHERE vehicle_id = ANY (%s)"
        cursor.execute(sql, [[vehicle.pk for vehicle in vehicles]])
        texts = dict(cursor.fetchall())
    return {
        vehicle.pk: _seen_cells(seen[vehicle.company_id], van_window(vehicle), texts[vehicle.pk])
        for vehicle in vehicles
        if vehicle.pk in texts
    }


def history(
    vehicle: Vehicle,
    *,
    signals: Sequence[str] = (),
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int = 1000,
    cursor: str | None = None,
) -> HistoryPage:
    """Points from `start` until before `end`, oldest first, with these signals or all; points that have none of
    them are left out. Points of equal time keep the order in which the module numbered them. Raises Invalid."""
    unknown = [name for name in signals if name not in catalogue()]
    if unknown:
        raise Invalid("unknown_signal", f"{unknown[0]} is not a signal", {"signals": "names of the signal catalogue"})
    if not 1 <= limit <= MAX_POINTS:
        raise Invalid("invalid_limit", f"{limit} is not a limit", {"limit": f"1 to {MAX_POINTS}"})
    seen = list(sight(vehicle.company_id).of(signals or catalogue()))
    columns = [name for name in COLUMNS if name in seen]
    others = [name for name in seen if name not in COLUMNS]
    where, values = _history_filter(vehicle, columns, others, start, end, cursor)
    # Column names come from the list above, never from a request.
    selected = ", ".join([*columns, "ext" if others else "NULL"])
    sql = (
        f"SELECT ts, received, flags, seq, ctid::text AS place, {selected} FROM telemetry.sample "  # noqa: S608
        f"WHERE {where} ORDER BY ts, seq, ctid LIMIT %s"
    )
    rows = _fetch([vehicle.company_id], sql, [*values, limit + 1])
    points = [_point(row, columns, others) for row in rows[:limit]]
    return HistoryPage(points, _make_cursor(rows[limit - 1]) if len(rows) > limit else None)


def recent_track(vehicle: Vehicle, *, hours: float = 12, limit: int = 2000) -> list[TrackPoint]:
    """Positions of the last hours, oldest first; the newest `limit` of them."""
    sql = """
        SELECT ts, lat, lon, speed, heading FROM telemetry.sample
        WHERE vehicle_id = %s AND company_id = %s AND ts >= %s AND ts < coalesce(%s, 'infinity'::timestamptz)
            AND lat IS NOT NULL AND lon IS NOT NULL
        ORDER BY ts DESC LIMIT %s
    """
    seen, window = sight(vehicle.company_id).signals, van_window(vehicle)
    if not {"lat", "lon"} <= seen:
        return []
    since = max(datetime.now(UTC) - timedelta(hours=hours), window.since)
    rows = _fetch([vehicle.company_id], sql, [vehicle.pk, vehicle.company_id, since, window.until, limit])
    return [
        TrackPoint(ts, lat, lon, speed if "speed" in seen else None, heading if "heading" in seen else None)
        for ts, lat, lon, speed, heading in reversed(rows)
    ]


def transitions(
    vehicle: Vehicle, *, start: datetime | None = None, end: datetime | None = None, limit: int = 100
) -> list[Transition]:
    """The van's diary, newest first."""
    sql = """
        SELECT ts, signal, old, new FROM telemetry.transition
        WHERE vehicle_id = %s AND signal = ANY (%s) AND ts >= %s AND ts < coalesce(%s, 'infinity'::timestamptz)
        ORDER BY ts DESC, id DESC LIMIT %s
    """
    since, until = _within(van_window(vehicle), start, end)
    seen = sorted(sight(vehicle.company_id).signals)
    rows = _fetch([vehicle.company_id], sql, [vehicle.pk, seen, since, until, limit])
    return [Transition(ts, name, msgspec.json.decode(old), msgspec.json.decode(new)) for ts, name, old, new in rows]


def refusals(vehicle: Vehicle, *, days: int = 30) -> list[Refusal]:
    """What was refused, newest day first (VH-04)."""
    sql = """
        SELECT day, reason, signal, count FROM telemetry.refusal
        WHERE vehicle_id = %s AND day > current_date - %s ORDER BY day DESC, reason, signal
    """
    return [Refusal(*row) for row in _fetch([vehicle.company_id], sql, [vehicle.pk, days])]


def _fetch(companies: Sequence[int], sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with company_scope(companies), connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _history_filter(
    vehicle: Vehicle,
    columns: list[str],
    others: list[str],
    start: datetime | None,
    end: datetime | None,
    cursor: str | None,
) -> tuple[str, list[Any]]:
    """Points in the van's window that have one of the signals."""
    since, until = _within(van_window(vehicle), start, end)
    where, values = ["vehicle_id = %s", "company_id = %s", "ts >= %s"], [vehicle.pk, vehicle.company_id, since]
    if until is not None:
        where, values = [*where, "ts < %s"], [*values, until]
    if cursor is not None:
        ts, seq, ctid = _read_cursor(cursor)
        # The first comparison is implied by the second, but only it can use the index.
        where = [*where, "ts >= %s", "(ts, seq, ctid) > (%s, %s, %s::tid)"]
        values = [*values, ts, ts, seq, ctid]
    present = [f"{column} IS NOT NULL" for column in columns]
    if others:
        present.append("ext ?| %s")
        values.append(others)
    where.append(f"({' OR '.join(present) or 'false'})")
    return " AND ".join(where), values


def _within(window: Window, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime | None]:
    """The part of a period that lies in the van's window."""
    ends = [time for time in (end, window.until) if time is not None]
    return max(start or window.since, window.since), min(ends, default=None)


def _seen_cells(seen: Sight, window: Window, text: str) -> dict[str, tuple[Any, int, int]]:
    cells, first = _cells(text), window.since.timestamp() * 1000
    past = float("inf") if window.until is None else window.until.timestamp() * 1000
    return {name: cells[name] for name in seen.of(cells) if first <= cells[name][1] < past}


def _shown(seen: Sight, signals: str) -> bytes:
    """A state as JSON, without what the company may not see."""
    if seen.is_whole:
        return signals.encode()
    cells = _raw_cells(signals)
    return encode_json({name: cells[name] for name in seen.of(cells)})


def _point(row: tuple[Any, ...], columns: list[str], others: list[str]) -> Point:
    ts, received, flags, _seq, _ctid, *values, ext = row
    signals = {name: value for name, value in zip(columns, values, strict=True) if value is not None}
    if ext is not None:
        stored = msgspec.json.decode(ext) if isinstance(ext, str) else ext
        signals |= {name: value for name, value in stored.items() if name in others}
    return Point(ts, received, bool(flags & CLOCK_IMPLAUSIBLE), signals)


def _make_cursor(row: tuple[Any, ...]) -> str:
    ts, _received, _flags, seq, ctid = row[:5]
    return base64.urlsafe_b64encode(f"{ts.isoformat()}|{seq}|{ctid}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        ts, seq, ctid = text.split("|")
        block, offset = ctid.strip("()").split(",")
        return datetime.fromisoformat(ts), int(seq), f"({int(block)},{int(offset)})"
    except (ValueError, binascii.Error) as error:
        remedy = "the value of `cursor` in the page before, unchanged"
        raise Invalid("invalid_cursor", "this is not a cursor", {"cursor": remedy}) from error


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
