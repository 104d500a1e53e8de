"""CO-10, NF-05: modules that go on sending while their company becomes part of another one."""

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from kolonne.portal.companies.actions import merging_job
from kolonne.portal.telemetry import merging as readings

Database = psycopg.Connection[tuple[Any, ...]]
MS = 1_790_000_000_000
"""In September 2026."""
POINTS = 40
"""In one message."""


@pytest.fixture
def unblocked(django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The job runs in a thread of this process, as the worker's does in another one; in many small pieces."""
    monkeypatch.setattr(readings, "BATCH", 37)
    with django_db_blocker.unblock():
        yield


def confirm(database: Database, gone: int, stays: int) -> None:
    """As the actions of both sides leave it."""
    database.execute(
        "INSERT INTO companies_merge (stays_id, gone_id, made_at, expires_at, asked_at, confirmed_at, gone_name, "
        "generations, people, steps, place, done, total) "
        "VALUES (%s, %s, now(), now(), now(), now(), 'Bench', '[]', '{}', '{}', '{}', 0, 0)",
        [stays, gone],
    )
    database.execute(
        "UPDATE companies_tenant SET leaving_since = now(), merged_into_id = %s WHERE id = %s", [stays, gone]
    )


def move(gone: int, stays: int) -> None:
    try:
        assert merging_job.carry_out(actor=merging_job.ACTOR, gone=gone, stays=stays)
    finally:
        connection.close()


async def chatter(speaker: Any, until: asyncio.Event) -> int:
    """Sends and waits for the acknowledgement, again and again; the last sequence that was acknowledged. A message
    that is not acknowledged in time is sent again, as modules do."""
    sequence = 1
    while not until.is_set() or sequence < 5 * POINTS:
        points = [
            [MS + (sequence + i) * 1000, {"speed": i, "ignition": "ON" if i % 2 else "OFF"}] for i in range(POINTS)
        ]
        for _ in range(5):
            await speaker.send(sequence, *points)
            await speaker.say(b"no telemetry at all")  # becomes a dead letter
            try:
                await speaker.hear_ack(sequence + POINTS - 1)
                break
            except TimeoutError:
                continue
        else:
            raise AssertionError("never acknowledged")
        sequence += POINTS
    return sequence - 1


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "not told"])
async def test_every_acknowledged_reading_is_there_once_in_the_company_that_stays(
    enrol: Any, connect: Any, database: Database, unblocked: None, monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    """Also when ingest does not hear of it for seconds: the keys of its cursors stop what it writes for the other."""
    if not is_told:
        monkeypatch.setattr("kolonne.portal.vehicles.merging.notify.notify", lambda channel, payload: None)
    modules, home = [enrol() for _ in range(3)], enrol()
    gone, stays = modules[0].company_id, home.company_id
    for module in modules[1:]:
        database.execute("SET session_replication_role = replica")
        for table in ("vehicles_vehicle", "vehicles_module", "commerce_profile", "commerce_moduleprofile",
                      "commerce_serviceperiod"):  # fmt: skip
            database.execute(f"UPDATE {table} SET company_id = %s WHERE company_id = %s", [gone, module.company_id])
        database.execute("SET session_replication_role = DEFAULT")
        database.execute("SELECT pg_notify('kolonne_modules', %s)", [module.serial])
    await asyncio.sleep(0.5)
    over = asyncio.Event()
    speakers = [asyncio.create_task(chatter(await connect(module), over)) for module in modules]
    await asyncio.sleep(1.5)
    assert await count(database, gone) > 0
    confirm(database, gone, stays)
    await asyncio.to_thread(move, gone, stays)
    await asyncio.sleep(1.5)
    over.set()
    told = await asyncio.gather(*speakers)
    for module, last in zip(modules, told, strict=True):
        rows = database.execute(
            "SELECT seq, company_id FROM telemetry.sample WHERE vehicle_id = %s ORDER BY seq", [module.vehicle_id]
        ).fetchall()
        assert rows == [(sequence, stays) for sequence in range(1, last + 1)]
    assert await count(database, stays) == sum(told)
    left = {table: database.execute(f"SELECT count(*) FROM {table} WHERE company_id = %s", [gone]).fetchone()
            for table in tables(database)}  # fmt: skip
    assert {table for table, row in left.items() if row != (0,)} == {"audit_entry"}


async def count(database: Database, company: int) -> int:
    row = database.execute("SELECT count(*) FROM telemetry.sample WHERE company_id = %s", [company]).fetchone()
    return row[0] if row else 0


def tables(database: Database) -> list[str]:
    sql = (
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "AND a.attname = 'company_id' AND NOT attisdropped WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    return [row[0] for row in database.execute(sql).fetchall()]
