"""VH-04, VH-05: what a device measured in another van is nothing of the van in which it is now."""

import json
import time
from typing import Any

import psycopg
import pytest

from kolonne.portal.telemetry.database import Connect
from kolonne.portal.telemetry.ingest.binding import BEFORE_START, Bindings
from kolonne.portal.telemetry.ingest.pipeline import Pipeline
from kolonne.portal.telemetry.ingest.store import Connection
from kolonne.portal.telemetry.ingest.tests.test_pipeline import Line, speeds

Database = psycopg.Connection[tuple[Any, ...]]
DAY_MS = 86_400_000


@pytest.mark.parametrize("was_elsewhere", [True, False])
@pytest.mark.parametrize("clock_ms", [0, 400 * DAY_MS], ids=["1970", "next year"])
async def test_a_reading_without_a_time_may_come_from_the_van_before(
    enrol: Any, admin: Database, connect: Connect, connection: Connection, clock_ms: int, *, was_elsewhere: bool
) -> None:
    """The device was offline there, so the platform knows nothing of its epoch."""
    (before,), (now,) = enrol(1), enrol(1)
    if was_elsewhere:
        admin.execute("UPDATE vehicles_module SET status = 'revoked' WHERE serial = %s", [before.serial])
        admin.execute("UPDATE vehicles_module SET serial = %s WHERE serial = %s", [before.serial, now.serial])
    serial = before.serial if was_elsewhere else now.serial
    line, now_ms = Line(), time.time_ns() // 1_000_000
    points = [[clock_ms and now_ms + clock_ms, {"speed": 1}], [now_ms, {"speed": 2}]]
    payload = json.dumps({"e": "UNHEARD", "s": 1, "p": points}).encode()
    await Pipeline(line, Bindings(), connect).flush(connection, [(f"m.{serial}.up.telemetry".encode(), payload)])
    assert speeds(admin, now) == ([2] if was_elsewhere else [1, 2])
    assert [told["s"] for _, told in line.said if "s" in told] == [2]
    sql = "SELECT reason FROM telemetry.refusal WHERE vehicle_id = %s"
    refused = [reason for (reason,) in admin.execute(sql, [now.vehicle_id]).fetchall()]
    assert refused == ([BEFORE_START] if was_elsewhere else [])
