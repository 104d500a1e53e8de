"""Who is let in, what he may say and hear, and how fast he is thrown out."""

import asyncio
import time
from typing import Any

import aiomqtt
import msgspec
import nats.aio.msg
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kolonne.config import Config
from kolonne.portal.lib import broker
from kolonne.portal.telemetry import database as telemetry_database
from kolonne.portal.telemetry.registry.callout import Callout
from kolonne.portal.telemetry.registry.index import Index
from kolonne.portal.telemetry.registry.service import Registry
from kolonne.portal.telemetry.registry.sessions import Sessions
from kolonne.wire import cose
from kolonne.wire.messages import Hello
from kolonne.wire.nkeys import CurveKey, Key
from kolonne.wire.subjects import up_subject

Database = psycopg.Connection[tuple[Any, ...]]
MS = 1_790_000_000_000

OF_VAN = "WHERE module_id IN (SELECT id FROM vehicles_module WHERE vehicle_id = %s)"


def hello(serial: str, signing_key: Ed25519PrivateKey, **changes: Any) -> bytes:
    said = Hello(
        serial=serial,
        agent="test/1",
        epoch="E1",
        boot="B1",
        clock_ms=1234,
        counter=7,
        key=signing_key.public_key().public_bytes_raw(),
        capabilities=["lock", "unlock", "teleport"],
    )
    body = msgspec.to_builtins(msgspec.structs.replace(said, **changes), builtin_types=(bytes,))
    return cose.sign(body, key=signing_key, purpose="hello")


async def test_a_wrong_secret_is_refused(enrol: Any, connect: Any) -> None:
    module = enrol()
    await connect(module)
    with pytest.raises(aiomqtt.MqttError):
        await connect(module, secret="0" * 64)


async def test_another_modules_client_id_is_refused(enrol: Any, connect: Any) -> None:
    module, victim = enrol(), enrol()
    await connect(module)
    speaker = await connect(victim)
    with pytest.raises(aiomqtt.MqttError):
        await connect(module, client_id=victim.serial)
    await speaker.send(1, [MS, {"speed": 1}])
    await speaker.hear_ack(1)


async def test_another_modules_topic_is_out_of_reach(enrol: Any, connect: Any, database: Database) -> None:
    module, victim = enrol(), enrol()
    speaker = await connect(module)
    pretender = type(speaker)(speaker._client, victim.serial)
    await pretender.send(1, [MS, {"speed": 1}])
    for topic in (f"m/{victim.serial}/down/#", "m/+/down/ack", "#", "$SYS/#", "live/#"):
        (granted,) = await speaker._client.subscribe(topic)
        assert granted == 0x80
    await speaker.send(1, [MS, {"speed": 1}])
    await speaker.hear_ack(1)
    count = "SELECT count(*) FROM telemetry.sample WHERE vehicle_id = %s"
    assert database.execute(count, [victim.vehicle_id]).fetchone() == (0,)


async def test_a_revoked_module_is_off_within_a_second_and_stays_off(
    enrol: Any, connect: Any, database: Database
) -> None:
    module = enrol()
    speaker = await connect(module)
    await speaker.send(1, [MS, {"speed": 1}])
    await speaker.hear_ack(1)
    with database.transaction():
        database.execute(
            "UPDATE vehicles_module SET status = 'revoked', revoked_at = now() WHERE id = %s", [module.module_id]
        )
        database.execute("SELECT pg_notify('kolonne_modules', %s)", [module.serial])
    began = time.monotonic()
    with pytest.raises(aiomqtt.MqttError):
        await speaker.wait_until_cut_off()
    assert time.monotonic() - began < 1.0
    with pytest.raises(aiomqtt.MqttError):
        await connect(module, secret=module.secret)


async def test_twenty_modules_that_are_revoked_at_once_are_off_within_a_second(
    enrol: Any, connect: Any, database: Database
) -> None:
    modules, other = [enrol() for _ in range(20)], enrol(["speed"])
    speakers, listener = [await connect(module) for module in modules], await connect(other)
    with database.transaction():
        sql = "UPDATE vehicles_module SET status = 'revoked', revoked_at = now() WHERE serial = ANY(%s)"
        database.execute(sql, [[module.serial for module in modules]])
        for module in modules:
            database.execute("SELECT pg_notify('kolonne_modules', %s)", [module.serial])
        sql = "UPDATE commerce_moduleprofile SET version = 2 " + OF_VAN
        database.execute(sql, [other.vehicle_id])
        database.execute("SELECT pg_notify('kolonne_modules', %s)", [other.serial])
    async with asyncio.timeout(1):
        # Nor does anybody else wait for them.
        assert (await listener.hear("profile"))["version"] == 2
        await all_off(speakers)


async def test_a_registry_that_let_nobody_in_finds_all_who_were_locked_out(
    platform: Config, enrol: Any, connect: Any
) -> None:
    """As after its own restart, and with more connections than fit into one answer of the server."""
    modules, other = [enrol() for _ in range(20)], enrol()
    speakers, bystander = [await connect(module) for module in modules], await connect(other)
    system = await broker.connect(platform, "sys")
    sessions = Sessions(system, page=3)
    work = asyncio.create_task(sessions.run())
    try:
        for module in modules:
            sessions.end(module.serial)
        async with asyncio.timeout(1):
            await all_off(speakers)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await system.close()
    await bystander.send(1, [MS, {"speed": 1}])
    await bystander.hear_ack(1)


async def all_off(speakers: list[Any]) -> None:
    ends = await asyncio.gather(*(speaker.wait_until_cut_off() for speaker in speakers), return_exceptions=True)
    assert {type(end) for end in ends} == {aiomqtt.MqttError}


async def test_hellos_are_kept_while_nats_cannot_be_told(platform: Config, enrol: Any, database: Database) -> None:
    """NF-05."""
    first, second = enrol(), enrol()
    gone = await broker.connect(platform, "registry")
    await gone.close()
    system = await broker.connect(platform, "sys")
    callout = Callout(issuer=Key.generate("account"), curve=CurveKey.generate(), find=lambda serial: None)
    connection = telemetry_database.connector(platform, "kolonne_registry", name="test")
    registry = Registry(Index(), callout, Sessions(system), gone, connection)
    work = asyncio.create_task(registry.greet())
    try:
        for module in (first, second):
            said = hello(module.serial, Ed25519PrivateKey.generate())
            message = nats.aio.msg.Msg(gone, subject=up_subject(module.serial, "hello"), data=said)
            await registry._on_hello(message)
        sql = "SELECT count(*) FROM vehicles_modulesession WHERE module_id = ANY(%s)"
        async with asyncio.timeout(5):
            # What happens in the database sets no event here.
            while database.execute(sql, [[first.module_id, second.module_id]]).fetchone() != (2,):
                assert not work.done()
                await asyncio.sleep(0.02)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await system.close()


async def test_a_hello_opens_a_session_and_is_answered_with_the_profile(
    enrol: Any, connect: Any, database: Database
) -> None:
    module = enrol(["speed", "soc"])
    speaker, key = await connect(module), Ed25519PrivateKey.generate()
    await speaker.say(hello(module.serial, key), "hello")
    assert await speaker.hear("profile") == {"version": 1, "signals": {"speed": 0, "soc": 0}}
    sql = "SELECT epoch, boot, clock_ms, counter, capabilities FROM vehicles_modulesession WHERE module_id = %s"
    assert database.execute(sql, [module.module_id]).fetchone() == ("E1", "B1", 1234, 7, ["lock", "unlock"])
    sql = "SELECT public_key FROM vehicles_module WHERE id = %s"
    assert database.execute(sql, [module.module_id]).fetchone() == (key.public_key().public_bytes_raw(),)


async def test_a_hello_by_another_key_is_refused_and_counted(enrol: Any, connect: Any, database: Database) -> None:
    """CD-04."""
    module = enrol()
    speaker, key, foreign = await connect(module), Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    await speaker.say(hello(module.serial, key), "hello")
    await speaker.hear("profile")
    mine = key.public_key().public_bytes_raw()
    forged = [
        hello(module.serial, foreign, epoch="EVIL"),
        hello(module.serial, foreign, epoch="EVIL", key=mine),
        hello("OTHER0000001", key, epoch="EVIL"),
        b"not cose",
    ]
    for message in forged:
        await speaker.say(message, "hello")
    sql = "SELECT count FROM telemetry.refusal WHERE vehicle_id = %s AND reason = 'bad_hello'"
    async with asyncio.timeout(5):
        # What happens in the database sets no event here.
        while database.execute(sql, [module.vehicle_id]).fetchone() != (len(forged),):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    sql = "SELECT epoch FROM vehicles_modulesession WHERE module_id = %s"
    assert database.execute(sql, [module.module_id]).fetchone() == ("E1",)


async def test_a_changed_profile_reaches_the_module(enrol: Any, connect: Any, database: Database) -> None:
    """VH-03, VH-04."""
    module = enrol(["speed"])
    speaker = await connect(module)
    database.execute(
        """UPDATE commerce_moduleprofile SET version = 2, signals = '{"soc": 10}' """ + OF_VAN,
        [module.vehicle_id],
    )
    database.execute("SELECT pg_notify('kolonne_modules', %s)", [module.serial])
    assert await speaker.hear("profile") == {"version": 2, "signals": {"soc": 10}}
