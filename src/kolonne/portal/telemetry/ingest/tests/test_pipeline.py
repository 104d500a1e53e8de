"""NF-04, NF-05: what the loop does with messages that cannot be stored, and after its database went away."""

import asyncio
import json
from typing import Any

import msgspec
import psycopg
import pytest

from kolonne.portal.telemetry.database import Connect
from kolonne.portal.telemetry.ingest.binding import Bindings
from kolonne.portal.telemetry.ingest.broker import Broker
from kolonne.portal.telemetry.ingest.feed import Feed
from kolonne.portal.telemetry.ingest.pipeline import MESSAGE_BYTES, Inbox, Pipeline
from kolonne.portal.telemetry.ingest.store import Connection

Database = psycopg.Connection[tuple[Any, ...]]
MS = 1_790_000_000_000
PATIENCE_S = 20

OF_VAN = "WHERE module_id IN (SELECT id FROM vehicles_module WHERE vehicle_id = %s)"


class Line(Broker):
    """A broker whose other end is this test."""

    def __init__(self) -> None:
        super().__init__("nats://127.0.0.1:1", "", "", "")
        self.said: list[tuple[str, Any]] = []
        """(subject, what was published)."""

    def send(self, commands: bytes) -> bool:
        lines = iter(commands.split(b"\r\n")[:-1])
        self.said += [(head.split()[1].decode(), msgspec.json.decode(next(lines))) for head in lines]
        return True

    def acks(self, sender: Any) -> list[tuple[str, int]]:
        subject = f"m.{sender.serial}.down.ack"
        return [(ack["e"], ack["s"]) for where, ack in self.said if where == subject]

    def vans(self, company_id: int) -> dict[int, Any]:
        """What watchers were last told."""
        said = [told["vans"] for where, told in self.said if where == f"live.{company_id}"]
        return {van["id"]: van["signals"] for vans in said for van in vans}


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def bindings() -> Bindings:
    return Bindings()


@pytest.fixture
def pipeline(line: Line, bindings: Bindings, connect: Connect) -> Pipeline:
    return Pipeline(line, bindings, connect)


def message(sender: Any, sequence: int, *points: dict[str, Any]) -> tuple[bytes, bytes]:
    numbered = [[MS + sequence + i, readings] for i, readings in enumerate(points)]
    return sender.subject, json.dumps({"e": "E1", "s": sequence, "p": numbered}).encode()


def speeds(admin: Database, sender: Any) -> list[float]:
    sql = "SELECT speed FROM telemetry.sample WHERE vehicle_id = %s ORDER BY seq"
    return [row[0] for row in admin.execute(sql, [sender.vehicle_id]).fetchall()]


def letters(admin: Database, sender: Any) -> list[tuple[str, bytes]]:
    sql = "SELECT reason, payload FROM telemetry.dead_letter WHERE serial = %s ORDER BY id"
    return [(reason, bytes(payload)) for reason, payload in admin.execute(sql, [sender.serial]).fetchall()]


def state(admin: Database, sender: Any) -> dict[str, Any]:
    sql = "SELECT signals FROM telemetry.state WHERE vehicle_id = %s"
    row = admin.execute(sql, [sender.vehicle_id]).fetchone()
    return json.loads(row[0]) if row else {}


@pytest.mark.parametrize(
    "refusal",
    [
        "telemetry.sample ADD CONSTRAINT odd CHECK (speed <> 13)",
        "telemetry.state ADD CONSTRAINT odd CHECK (speed <> 13)",
    ],
    ids=["its row", "its state"],
)
async def test_a_message_that_the_database_refuses_is_buried_and_leaves_no_trace_in_the_state(
    enrol: Any, admin: Database, connection: Connection, pipeline: Pipeline, line: Line, refusal: str
) -> None:
    bad, good = enrol(2)
    table = refusal.split(maxsplit=1)[0]
    refused = message(bad, 2, {"speed": 13, "soc": 50})
    await pipeline.flush(connection, [message(bad, 1, {"speed": 1})])
    admin.execute(f"ALTER TABLE {refusal} NOT VALID")
    try:
        await pipeline.flush(connection, [message(good, 1, {"speed": 1}), refused, message(good, 2, {"speed": 2})])
    finally:
        admin.execute(f"ALTER TABLE {table} DROP CONSTRAINT odd")
    assert line.acks(bad) == [("E1", 1), ("E1", 2)]
    ((reason, payload),) = letters(admin, bad)
    assert "CheckViolation" in reason
    assert payload == refused[1]
    assert line.acks(good)[-1] == ("E1", 2)
    assert speeds(admin, good) == [1, 2]
    await pipeline.flush(connection, [message(bad, 3, {"locked": True})])
    assert speeds(admin, bad) == [1, None]
    assert state(admin, bad) == {"speed": [1, MS + 1, MS + 1], "locked": [True, MS + 3, MS + 3]}
    pipeline._feed.publish_due()
    assert line.vans(bad.company_id)[bad.vehicle_id] == state(admin, bad)


async def test_a_van_that_changed_hands_a_moment_ago_loses_nothing(
    enrol: Any, admin: Database, connection: Connection, pipeline: Pipeline, line: Line, bindings: Bindings
) -> None:
    """The binding in memory is old: the database refuses the company, not the message."""
    (sender,), (other,) = enrol(1), enrol(1)
    await bindings.reload(connection)
    with admin.transaction():
        admin.execute("SET CONSTRAINTS ALL DEFERRED")
        share = "UPDATE commerce_moduleprofile SET company_id = %s " + OF_VAN
        admin.execute(share, [other.company_id, sender.vehicle_id])
        for table, column in [
            ("commerce_profile", "vehicle_id"),
            ("commerce_serviceperiod", "vehicle_id"),
            ("vehicles_module", "vehicle_id"),
            ("vehicles_vehicle", "id"),
        ]:
            change = f"UPDATE {table} SET company_id = %s WHERE {column} = %s"
            admin.execute(change, [other.company_id, sender.vehicle_id])
    await pipeline.flush(connection, [message(other, 1, {"speed": 1}), message(sender, 1, {"speed": 2})])
    assert line.acks(sender) == [("E1", 1)]
    assert letters(admin, sender) == []
    sql = "SELECT company_id, speed FROM telemetry.sample WHERE vehicle_id = %s"
    assert admin.execute(sql, [sender.vehicle_id]).fetchall() == [(other.company_id, 2)]
    assert speeds(admin, other) == [1]


async def test_a_module_that_was_removed_a_moment_ago_stops_nobody(
    enrol: Any, admin: Database, connection: Connection, pipeline: Pipeline, line: Line, bindings: Bindings
) -> None:
    gone, other = enrol(2)
    await pipeline.flush(connection, [message(gone, 1, {"speed": 1})])
    admin.execute("DELETE FROM commerce_moduleprofile " + OF_VAN, [gone.vehicle_id])
    for table, column in [
        ("vehicles_module", "vehicle_id"),
        ("commerce_profile", "vehicle_id"),
        ("commerce_serviceperiod", "vehicle_id"),
        ("vehicles_vehicle", "id"),
    ]:
        admin.execute(f"DELETE FROM {table} WHERE {column} = %s", [gone.vehicle_id])
    messages = [message(gone, 2, {"speed": 2}), message(other, 1, {"speed": 1})]
    # The cursor went with the module: the first flush finds that out, and stores nothing.
    await pipeline.flush(connection, messages)
    await pipeline.flush(connection, messages)
    assert line.acks(other)[-1] == ("E1", 1)
    assert speeds(admin, other) == [1]
    assert line.acks(gone) == [("E1", 1)]


def crash(*_: object) -> bytes:
    raise ZeroDivisionError("nobody thought of this\0")


async def test_a_message_that_crashes_the_code_is_explained_and_acknowledged(
    enrol: Any, admin: Database, connection: Connection, pipeline: Pipeline, line: Line, bindings: Bindings
) -> None:
    """Otherwise its module would repeat it for ever."""
    # Signals of their own, so that no other van has this profile.
    bad, good = enrol(2, ["speed", "soc", "hazard_lights"])
    await bindings.reload(connection)
    binding = bindings.get(bad.serial.encode())
    assert binding is not None
    binding.profile.plans["soc",] = crash
    crashing = message(bad, 1, {"soc": 50}, {"speed": 13})
    try:
        await pipeline.flush(connection, [message(good, 1, {"speed": 1}), crashing, message(good, 2, {"speed": 2})])
        await pipeline.flush(connection, [crashing])
    finally:
        del binding.profile.plans["soc",]
    assert line.acks(bad) == [("E1", 2), ("E1", 2)]
    reason = r"it cannot be stored: ZeroDivisionError: nobody thought of this\0"
    assert letters(admin, bad) == [(reason, crashing[1])]
    assert speeds(admin, good) == [1, 2]
    await pipeline.flush(connection, [message(bad, 3, {"speed": 3})])
    assert line.acks(bad)[-1] == ("E1", 3)
    assert speeds(admin, bad) == [3]


async def test_watchers_are_told_whole_states_also_of_vans_that_were_forgotten_meanwhile(
    enrol: Any, connection: Connection, pipeline: Pipeline, line: Line
) -> None:
    """A state that was read again, and not written since, is told as it was stored."""
    (sender,) = enrol(1)
    await pipeline.flush(connection, [message(sender, 1, {"speed": 1, "locked": True})])
    states = pipeline._drafter.states
    states.forget([sender.vehicle_id])
    pipeline._feed.publish_due()
    assert line.vans(sender.company_id) == {}
    await pipeline.flush(connection, [message(sender, 2, {"speed": 2, "locked": True})])
    states.forget([sender.vehicle_id])
    # Behind a gap: the van is looked up, and nothing of it written.
    await pipeline.flush(connection, [message(sender, 9, {"speed": 9})])
    feed: Feed = pipeline._feed
    feed._last = 0
    feed.publish_due()
    assert line.vans(sender.company_id) == {
        sender.vehicle_id: {"speed": [2, MS + 2, MS + 2], "locked": [True, MS + 2, MS + 1]}
    }


async def test_after_a_restore_the_database_is_believed_and_not_memory(
    enrol: Any, admin: Database, pipeline: Pipeline, line: Line
) -> None:
    """Cursors and states in memory may be ahead of a database that came back from a backup."""
    restored, other = enrol(2)
    work = asyncio.create_task(pipeline.run())
    try:
        pipeline.inbox.deliver([message(restored, 1, {"speed": 1}), message(restored, 2, {"speed": 2, "locked": True})])
        await _until(line, restored, 2)
        admin.execute("DELETE FROM telemetry.sample WHERE vehicle_id = %s AND seq = 2", [restored.vehicle_id])
        admin.execute("DELETE FROM telemetry.state WHERE vehicle_id = %s", [restored.vehicle_id])
        admin.execute("UPDATE telemetry.cursor SET sequence = 1 WHERE company_id = %s", [restored.company_id])
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ingest test'")
        # Another module's message is the one that finds the connection gone.
        await _until(line, other, 1, lambda: pipeline.inbox.deliver([message(other, 1, {"speed": 1})]))
        line.said.clear()
        pipeline.inbox.deliver([message(restored, 3, {"speed": 3})])
        await _until(line, restored, 1)
        pipeline.inbox.deliver([message(restored, 2, {"speed": 2}), message(restored, 3, {"speed": 3})])
        await _until(line, restored, 3)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    assert speeds(admin, restored) == [1, 2, 3]
    assert state(admin, restored) == {"speed": [3, MS + 3, MS + 3]}


async def _until(line: Line, sender: Any, sequence: int, send: Any = lambda: None) -> None:
    """Sends, and again now and then, until exactly this point is acknowledged."""
    async with asyncio.timeout(PATIENCE_S):
        while ("E1", sequence) not in line.acks(sender):
            send()
            await asyncio.sleep(0.05)


def test_the_inbox_is_bounded_by_memory_and_not_only_by_payload() -> None:
    """A flood of empty messages costs memory as well."""
    inbox = Inbox(bound=100 * MESSAGE_BYTES)
    inbox.deliver([(b"m.X.up.telemetry", b"%d" % i) for i in range(100, 1000)])
    kept = inbox.take(1000)
    assert len(kept) == 98
    assert kept[-1][1] == b"999"
    inbox.deliver([(b"m.X.up.telemetry", b"x" * 100 * MESSAGE_BYTES)])
    assert inbox.take(1) == []
