"""Reads of stored points, and the wall between companies around them."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.types.json import Jsonb

from kolonne.config import Config
from kolonne.portal.commerce.catalogue import products
from kolonne.portal.lib.errors import Invalid
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.telemetry import actions, queries
from kolonne.portal.vehicles.models import Vehicle

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 9, 1, 8, tzinfo=UTC)
ADDED = datetime(2020, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)
Database = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def ingest(platform: Config) -> Iterator[Database]:
    """The database as ingest sees it; what it commits stays until the end of the session."""
    yield from _connection(platform, "kolonne_ingest", "postgres-kolonne_ingest")


@pytest.fixture
def owner(platform: Config) -> Iterator[Database]:
    yield from _connection(platform, "postgres", "postgres-admin")


def _connection(platform: Config, role: str, secret: str) -> Iterator[Database]:
    where = platform.endpoints()
    address = {"host": where.postgres_host, "port": where.postgres_port, "dbname": where.database, "user": role}
    with psycopg.connect(**address, password=platform.secret(secret), autocommit=True) as opened:  # type: ignore[arg-type]  # keywords
        yield opened


def make_van(owner: Database) -> Vehicle:
    """A committed van, in a company of its own."""
    number = next(_numbers)
    row = owner.execute(
        """
        WITH tenant AS (INSERT INTO companies_tenant (kind, market_id) VALUES ('fleet', 'no') RETURNING id),
        company AS (
            INSERT INTO companies_company (company_id, name, time_zone, created_at)
            SELECT id, 'Queries', 'Europe/Oslo', now() FROM tenant RETURNING company_id
        ),
        van AS (
            INSERT INTO vehicles_vehicle (company_id, vin, plate, name, make, model, drive, driver, added_at)
            SELECT company_id, %s, '', '', '', '', 'electric', '', %s FROM company RETURNING id, company_id
        ),
        contract AS (
            INSERT INTO commerce_contract (company_id, number, generation, state, signed_at)
            SELECT company_id, 'Q-' || company_id, 1, 'active', now() FROM company RETURNING id, company_id
        ),
        line AS (
            INSERT INTO commerce_assignment (company_id, contract_id, vehicle_id, product, since)
            SELECT v.company_id, c.id, v.id, product, now() FROM van v, contract c, unnest(%s::text[]) product
        )
        SELECT id, company_id FROM van
        """,
        [f"WDB9QUERYTEST{number:04d}".replace("Q", "9"), ADDED, list(products())],
    ).fetchone()
    assert row is not None
    return Vehicle(pk=row[0], company_id=row[1], added_at=ADDED)


def store(ingest: Database, van: Vehicle, *points: tuple[datetime, int, dict[str, Any]]) -> None:
    for ts, seq, signals in points:
        ingest.execute(
            "INSERT INTO telemetry.sample (ts, received, company_id, vehicle_id, speed, lat, lon, seq, flags, ext) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 0, %s)",
            [
                *(ts, T0, van.company_id, van.pk, signals.get("speed"), signals.get("lat"), signals.get("lon"), seq),
                Jsonb({"gear": signals["gear"]}) if "gear" in signals else None,
            ],
        )


def all_pages(van: Vehicle, limit: int, **filters: Any) -> list[queries.Point]:
    points, cursor = list[queries.Point](), None
    while True:
        page = queries.history(van, limit=limit, cursor=cursor, **filters)
        points += page.points
        cursor = page.cursor
        if cursor is None:
            return points


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_paging_loses_no_point_even_when_many_have_the_same_time(ingest: Any, owner: Any, limit: int) -> None:
    """FT-09."""
    van = make_van(owner)
    times = [T0 + timedelta(seconds=i // 5) for i in range(17)]
    store(ingest, van, *((ts, i % 4, {"speed": float(i)}) for i, ts in enumerate(times)))
    found = all_pages(van, limit)
    assert sorted(point.signals["speed"] for point in found) == [float(i) for i in range(17)]
    assert [point.at for point in found] == times


def test_only_points_with_the_wanted_signals_are_given_and_only_those_signals(ingest: Any, owner: Any) -> None:
    van = make_van(owner)
    store(ingest, van, (T0, 1, {"speed": 1.0, "gear": 2}), (T0, 2, {"lat": 59.9}), (T0, 3, {"gear": 3}))
    assert [point.signals for point in all_pages(van, 10, signals=["speed"])] == [{"speed": 1.0}]
    assert [point.signals for point in all_pages(van, 10, signals=["gear"])] == [{"gear": 2}, {"gear": 3}]
    both = [point.signals for point in all_pages(van, 1, signals=["gear", "lat"])]
    assert both == [{"gear": 2}, {"lat": 59.9}, {"gear": 3}]


def test_a_period_begins_at_its_start_and_ends_before_its_end(ingest: Any, owner: Any) -> None:
    van = make_van(owner)
    store(ingest, van, *((T0 + timedelta(seconds=i), i, {"speed": float(i)}) for i in range(5)))
    found = all_pages(van, 2, start=T0 + timedelta(seconds=1), end=T0 + timedelta(seconds=3))
    assert [point.signals["speed"] for point in found] == [1, 2]


@pytest.mark.parametrize(
    "wrong", [{"signals": ["nonsense"]}, {"limit": 0}, {"limit": 10**6}, {"cursor": "%%"}], ids=str
)
def test_a_wrong_question_is_refused(owner: Any, wrong: dict[str, Any]) -> None:
    """NF-04."""
    with pytest.raises(Invalid):
        queries.history(make_van(owner), **wrong)


def test_the_recent_track_has_the_newest_positions_oldest_first(ingest: Any, owner: Any) -> None:
    van, now = make_van(owner), datetime.now(UTC)
    store(ingest, van, *((now - timedelta(minutes=i), i, {"lat": float(i), "lon": 0.0}) for i in range(5)))
    store(ingest, van, (now, 9, {"speed": 1.0}), (now - timedelta(days=2), 9, {"lat": 9.0, "lon": 9.0}))
    assert [point.lat for point in queries.recent_track(van, limit=3)] == [2, 1, 0]


@pytest.mark.parametrize("table", ["sample", "state", "cursor", "refusal", "dead_letter", "transition"])
def test_no_row_is_visible_without_a_scope_and_none_can_be_written(ingest: Any, owner: Any, table: str) -> None:
    """NF-03: the database itself says no, whatever a query forgot."""
    van = make_van(owner)
    store(ingest, van, (T0, 1, {"speed": 1.0}))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM telemetry.{table}")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT has_table_privilege(%s, 'INSERT, UPDATE, DELETE, TRUNCATE')", [f"telemetry.{table}"])
        assert cursor.fetchone() == (False,)


def test_another_companys_points_are_invisible(ingest: Any, owner: Any) -> None:
    """NF-03."""
    mine, foreign = make_van(owner), make_van(owner)
    store(ingest, foreign, (T0, 1, {"speed": 1.0}))
    disguised = Vehicle(pk=foreign.pk, company_id=mine.company_id, added_at=ADDED)
    assert queries.history(disguised).points == []
    with company_scope([mine.company_id]), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM telemetry.sample WHERE vehicle_id = %s", [foreign.pk])
        assert cursor.fetchone() == (0,)


def test_partitions_cannot_be_read_around_the_wall(owner: Any) -> None:
    """NF-03."""
    parts = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'telemetry.sample'::regclass"
    names = [row[0] for row in owner.execute(parts).fetchall()]
    assert len(names) > 7
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT has_table_privilege(%s, 'SELECT, INSERT, UPDATE, DELETE')", [name])
            assert cursor.fetchone() == (False,)


def test_days_are_made_ahead_and_dropped_behind_and_early_rows_move_into_their_day(ingest: Any, owner: Any) -> None:
    van, today = make_van(owner), datetime.now(UTC).replace(hour=12)
    store(ingest, van, (today + timedelta(days=9), 1, {"speed": 9.0}))
    owner.execute("SELECT telemetry.add_day((now() - interval '200 days')::date)")
    done = actions.maintain_partitions(retention_days=90, days_ahead=10)
    assert done.made >= 3
    assert done.dropped >= 1
    assert [point.signals for point in queries.history(van).points] == [{"speed": 9.0}]
    assert actions.maintain_partitions(retention_days=90, days_ahead=10).made == 0
