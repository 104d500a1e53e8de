"""Transitions and refusals do not grow for ever."""

import itertools
from typing import Any

import psycopg
import pytest
from django.db import connection

from kolonne.portal.lib.scope import company_scope
from kolonne.portal.telemetry import actions, tasks

pytestmark = pytest.mark.django_db
Database = psycopg.Connection[tuple[Any, ...]]
DAYS = range(0, 730, 10)
_numbers = itertools.count(1)
_VAN = """
    WITH tenant AS (INSERT INTO companies_tenant (kind, market_id) VALUES ('fleet', 'no') RETURNING id),
    company AS (
        INSERT INTO companies_company (company_id, name, time_zone, created_at)
        SELECT id, 'Forgotten', 'Europe/Oslo', now() FROM tenant RETURNING company_id
    )
    INSERT INTO vehicles_vehicle (company_id, vin, plate, name, make, model, drive, driver, added_at)
    SELECT company_id, 'WDB9LD' || lpad(%s::text, 11, '0'), '', '', '', '', 'electric', '', now() FROM company
    RETURNING company_id
"""


@pytest.fixture
def company(admin: Database) -> int:
    """Of a van with a transition and a refusal of every tenth day of two years."""
    row = admin.execute(_VAN, [next(_numbers)]).fetchone()
    assert row is not None
    company_id: int = row[0]
    admin.execute(
        "INSERT INTO telemetry.transition (company_id, vehicle_id, ts, signal, old, new) "
        "SELECT company_id, id, now() - make_interval(days => n), 'locked', 'true', 'false' "
        "FROM vehicles_vehicle, unnest(%s::int[]) n WHERE company_id = %s",
        [list(DAYS), company_id],
    )
    admin.execute(
        "INSERT INTO telemetry.refusal (company_id, vehicle_id, day, reason, signal, count) "
        "SELECT company_id, id, (now() AT TIME ZONE 'UTC')::date - n, 'invalid', '', 1 "
        "FROM vehicles_vehicle, unnest(%s::int[]) n WHERE company_id = %s",
        [list(DAYS), company_id],
    )
    return company_id


def left(company_id: int) -> tuple[int, int]:
    """How many transitions and refusals."""
    with company_scope([company_id]), connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM telemetry.transition), (SELECT count(*) FROM telemetry.refusal)")
        row: tuple[int, int] = cursor.fetchone()
        return row


def test_what_is_too_old_goes_in_batches_and_nothing_else(company: int) -> None:
    assert left(company) == (len(DAYS), len(DAYS))
    # More than one batch of each, and no whole number of them.
    assert actions.forget_old(transition_days=90, refusal_days=400, batch=7) >= 63 + 32
    assert left(company) == (10, 41)
    assert actions.forget_old(transition_days=90, refusal_days=400, batch=7) == 0


def test_the_hourly_job_does_it(company: int) -> None:
    tasks.maintain_partitions(0)
    assert left(company) == (10, 41)


def test_nobody_can_forget_the_present(company: int) -> None:
    with pytest.raises(Exception, match="must be positive"):
        actions.forget_old(transition_days=0)
