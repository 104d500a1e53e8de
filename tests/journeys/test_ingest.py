"""From a module's socket to committed rows, through the real broker and the real database."""

import json
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import psycopg
import pytest

from kolonne.bench import programs
from kolonne.config import Config
from kolonne.wire.signals import catalogue

Database = psycopg.Connection[tuple[Any, ...]]
MS = 1_790_000_000_000
"""In September 2026."""

SENT: dict[str, Any] = {
    "lat": 59.913868123456,
    "lon": -0.1 + 0.3,
    "altitude": 1e-7,
    "speed": 43,
    "soc": 61.5,
    "odometer": 123456789,
    "fuel_level": 37,
    "gear": -1,
    "ignition": "ON",
    "locked": True,
    "dtc_list": ["P0420", "U0100"],
    "battery_power": -12345.678901234567,
}

OF_VAN = "WHERE module_id IN (SELECT id FROM vehicles_module WHERE vehicle_id = %s)"


def stored(database: Database, vehicle_id: int) -> list[dict[str, Any]]:
    """The signals of all samples of a van, in order of time and sequence."""
    sql = "SELECT to_jsonb(s) FROM telemetry.sample s WHERE vehicle_id = %s ORDER BY ts, seq"
    rows = [row[0] for row in database.execute(sql, [vehicle_id]).fetchall()]
    names = catalogue().keys()
    return [
        {name: value for name, value in (row | (row["ext"] or {})).items() if name in names and value is not None}
        for row in rows
    ]


def state(database: Database, vehicle_id: int) -> dict[str, Any]:
    row = database.execute("SELECT signals FROM telemetry.state WHERE vehicle_id = %s", [vehicle_id]).fetchone()
    return json.loads(row[0]) if row else {}


def letters(database: Database, serial: str) -> list[str]:
    sql = "SELECT reason FROM telemetry.dead_letter WHERE serial = %s ORDER BY id"
    return [row[0] for row in database.execute(sql, [serial]).fetchall()]


def refusals(database: Database, vehicle_id: int) -> dict[tuple[str, str], int]:
    sql = "SELECT reason, signal, count FROM telemetry.refusal WHERE vehicle_id = %s"
    return {(reason, signal): count for reason, signal, count in database.execute(sql, [vehicle_id]).fetchall()}


@pytest.mark.parametrize("encode", [lambda m: json.dumps(m).encode(), msgspec.msgpack.encode], ids=["json", "msgpack"])
async def test_what_was_acknowledged_is_stored_exactly_as_it_was_sent(
    enrol: Any, connect: Any, database: Database, encode: Callable[[object], bytes]
) -> None:
    """NF-05, design section 4."""
    module = enrol()
    speaker = await connect(module)
    points = [[MS + i * 1000, SENT | {"soc": 61.5 - i}] for i in range(10)]
    await speaker.say(encode({"e": "E1", "s": 1, "p": points}))
    assert await speaker.hear() == {"e": "E1", "s": 10}
    assert stored(database, module.vehicle_id) == [signals for _, signals in points]


async def test_the_epoch_comes_back_as_it_was_written(enrol: Any, connect: Any) -> None:
    speaker = await connect(enrol())
    await speaker.say(json.dumps({"e": 7, "s": 0, "p": [[MS, {"speed": 1}]]}).encode())
    assert await speaker.hear() == {"e": 7, "s": 0}


async def test_duplicates_are_acknowledged_again_and_stored_once(enrol: Any, connect: Any, database: Database) -> None:
    """NF-05."""
    module = enrol()
    speaker = await connect(module)
    for _ in range(3):
        await speaker.send(1, [MS, {"speed": 1}], [MS + 1, {"speed": 2}])
        await speaker.hear_ack(2)
    await speaker.send(2, [MS + 1, {"speed": 2}], [MS + 2, {"speed": 3}])
    await speaker.hear_ack(3)
    assert [point["speed"] for point in stored(database, module.vehicle_id)] == [1, 2, 3]


async def test_a_gap_is_waited_for_unless_it_was_declared_as_dropped(
    enrol: Any, connect: Any, database: Database
) -> None:
    module = enrol()
    speaker = await connect(module)
    await speaker.send(1, [MS, {"speed": 1}])
    await speaker.hear_ack(1)
    await speaker.send(5, [MS + 4, {"speed": 5}])
    await speaker.hear_ack(1)
    await speaker.send(5, [MS + 4, {"speed": 5}], d=3)
    await speaker.hear_ack(5)
    assert [point["speed"] for point in stored(database, module.vehicle_id)] == [1, 5]
    sql = "SELECT epoch, sequence, points_dropped FROM telemetry.cursor WHERE module_id = %s"
    assert database.execute(sql, [module.module_id]).fetchone() == ("E1", 5, 3)


async def test_an_epoch_begins_at_its_beginning_or_with_a_declaration(
    enrol: Any, connect: Any, database: Database
) -> None:
    module = enrol()
    speaker = await connect(module)
    await speaker.send(40, [MS, {"speed": 1}])
    assert (await speaker.hear())["s"] == 0
    await speaker.send(40, [MS, {"speed": 1}], d=39)
    await speaker.hear_ack(40)
    await speaker.send(1, [MS + 1, {"speed": 2}], epoch="E2")
    assert await speaker.hear() == {"e": "E2", "s": 1}
    assert len(stored(database, module.vehicle_id)) == 2


async def test_an_old_epoch_that_is_played_again_changes_nothing(enrol: Any, connect: Any, database: Database) -> None:
    module = enrol()
    speaker = await connect(module)
    await speaker.send(1, [MS, {"speed": 1}], [MS + 1, {"speed": 2}], epoch="OLD")
    assert await speaker.hear() == {"e": "OLD", "s": 2}
    await speaker.send(1, [MS + 2, {"speed": 3}], epoch="NEW")
    assert await speaker.hear() == {"e": "NEW", "s": 1}
    await speaker.send(1, [MS, {"speed": 1}], [MS + 1, {"speed": 2}], epoch="OLD")
    assert await speaker.hear() == {"e": "OLD", "s": 2}
    await speaker.send(2, [MS + 3, {"speed": 4}], epoch="NEW")
    assert await speaker.hear() == {"e": "NEW", "s": 2}
    assert [point["speed"] for point in stored(database, module.vehicle_id)] == [1, 2, 3, 4]


async def test_signals_outside_the_profile_are_refused_and_counted(
    enrol: Any, connect: Any, database: Database
) -> None:
    """VH-04."""
    module = enrol(["speed", "soc"])
    speaker = await connect(module)
    for i in range(5):
        await speaker.send(i + 1, [MS + i, {"speed": i, "lat": 59.9, "lon": 10.7}])
        await speaker.hear_ack(i + 1)
    assert stored(database, module.vehicle_id) == [{"speed": i} for i in range(5)]
    assert refusals(database, module.vehicle_id) == {("not_in_profile", "lat"): 5, ("not_in_profile", "lon"): 5}
    assert state(database, module.vehicle_id).keys() == {"speed"}


async def test_a_van_without_services_is_stored_nothing_of_but_its_old_agent_falls_silent(
    enrol: Any, connect: Any, database: Database
) -> None:
    """VH-04: what still arrives is refused, counted and acknowledged."""
    module = enrol(["speed"])
    speaker = await connect(module)
    await speaker.send(1, [MS, {"speed": 1}])
    await speaker.hear_ack(1)
    database.execute("UPDATE commerce_moduleprofile SET signals = '{}', version = 2 " + OF_VAN, [module.vehicle_id])
    database.execute("SELECT pg_notify('kolonne_modules', %s)", [module.serial])
    assert await speaker.hear("profile") == {"version": 2, "signals": {}}
    until, sequence = time.monotonic() + 10, 2
    while not refusals(database, module.vehicle_id) and time.monotonic() < until:
        await speaker.send(sequence, [MS + sequence, {"speed": 2}])
        await speaker.hear_ack(sequence)
        sequence += 1
    assert refusals(database, module.vehicle_id)[("no_service", "speed")] >= 1
    last = len(stored(database, module.vehicle_id))
    await speaker.send(sequence, [MS + 100, {"speed": 3}])
    await speaker.hear_ack(sequence)
    assert len(stored(database, module.vehicle_id)) == last


async def test_bad_readings_are_explained_and_the_good_ones_beside_them_stored(
    enrol: Any, connect: Any, database: Database
) -> None:
    """NF-04."""
    module = enrol()
    speaker = await connect(module)
    bad = {
        "soc": 900,
        "locked": "yes",
        "ignition": "MAYBE",
        "gear": 1.5,
        "nonsense": 1,
        "heading": None,
        "evse_id": "a\0b",
    }
    await speaker.send(1, [MS, {"speed": 10, **bad}], [MS + 1, {"speed": 11}])
    await speaker.hear_ack(2)
    assert stored(database, module.vehicle_id) == [{"speed": 10}, {"speed": 11}]
    (reason,) = letters(database, module.serial)
    for name in bad:
        assert name in reason
    assert "soc: 900.0: above 100" in reason
    await speaker.say(msgspec.msgpack.encode({"e": "E1", "s": 3, "p": [[MS + 2, {"lat": math.nan, "speed": 12}]]}))
    await speaker.hear_ack(3)
    assert letters(database, module.serial)[-1] == "lat: nan: not a finite number"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\x00\xff not a message", "Expected `object`"),
        (b'{"e":"E1","s":1,"p":' + b"[" * 50_000, "Expected `int`"),
        (b'{"e":"E1","s":1,"v":9,"p":[[1790000000000,{"speed":1}]]}', "version 9"),
        (b'{"e":"E1","s":1,"p":[]}', "0 points"),
        (b'{"e":"E1","s":1,"p":[[1,{"speed":1}]]}' + b" " * 10_000_000, "more than the 262144"),
    ],
    ids=["garbage", "deep", "future", "empty", "10 MB"],
)
async def test_what_cannot_be_read_is_kept_with_the_reason_and_costs_nobody_else_anything(
    enrol: Any, connect: Any, database: Database, payload: bytes, reason: str
) -> None:
    module, other = enrol(), enrol()
    speaker, bystander = await connect(module), await connect(other)
    await speaker.say(payload)
    await bystander.send(1, [MS, {"speed": 1}])
    await bystander.hear_ack(1)
    await speaker.send(1, [MS, {"speed": 2}])
    await speaker.hear_ack(1)
    (explained,) = letters(database, module.serial)
    assert reason in explained
    assert stored(database, module.vehicle_id) == [{"speed": 2}]


async def test_implausible_clocks_are_stored_with_the_time_of_receipt(
    enrol: Any, connect: Any, database: Database
) -> None:
    """Design section 4."""
    module = enrol()
    speaker = await connect(module)
    now = int(time.time() * 1000)
    points = [[0, {"speed": 1}], [now + 400 * 86_400_000, {"speed": 2}], [1_400_000_000_000, {"speed": 3}]]
    await speaker.send(1, *points, [1_616_999_000_000, {"speed": 4}])
    await speaker.hear_ack(4)
    sql = "SELECT speed, flags, ts = received FROM telemetry.sample WHERE vehicle_id = %s ORDER BY speed"
    expected = [(1, 1, True), (2, 1, True), (3, 1, True), (4, 0, False)]
    assert database.execute(sql, [module.vehicle_id]).fetchall() == expected


async def test_the_state_keeps_the_newest_reading_of_every_signal_and_since_when_it_holds(
    enrol: Any, connect: Any, database: Database
) -> None:
    module = enrol()
    speaker = await connect(module)
    await speaker.send(1, [MS, {"locked": True, "speed": 0}], [MS + 1000, {"locked": True, "gear": 2}])
    await speaker.hear_ack(2)
    await speaker.send(3, [MS + 2000, {"locked": False}], [MS + 500, {"speed": 99, "locked": True, "soc": 50}])
    await speaker.hear_ack(4)
    assert state(database, module.vehicle_id) == {
        "locked": [False, MS + 2000, MS + 2000],
        "speed": [99, MS + 500, MS + 500],
        "gear": [2, MS + 1000, MS + 1000],
        "soc": [50, MS + 500, MS + 500],
    }
    sql = "SELECT signal, old, new FROM telemetry.transition WHERE vehicle_id = %s ORDER BY id"
    assert database.execute(sql, [module.vehicle_id]).fetchall() == [("locked", "true", "false")]


async def test_a_second_ingest_doubles_nothing(
    enrol: Any, connect: Any, database: Database, ingest_and_registry: Config
) -> None:
    """NF-05: cursors let only one of two writers commit; what both drop is sent again."""
    module = enrol()
    speaker = await connect(module)
    with programs.running("ingest", ingest_and_registry.data / "ingest-2.log"):
        for i in range(1, 41):
            await _until_acknowledged(speaker, i, lambda i=i: speaker.send(i, [MS + i, {"speed": i}]))
    assert [point["speed"] for point in stored(database, module.vehicle_id)] == list(range(1, 41))


async def _until_acknowledged(speaker: Any, sequence: int, send: Callable[[], Awaitable[None]]) -> None:
    await send()
    while (await speaker.hear())["s"] < sequence:
        await send()
