"""VH-03, VH-04: without a service a van is told to be silent; what an old agent sends is refused and counted."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from kolonne.config import load
from kolonne.module import mqtt
from kolonne.module.agent import Agent, AgentSettings
from kolonne.module.enrolment import Told, enrolment
from kolonne.module.sources import PassiveVan, Reading
from tests.whole.conftest import Enrolled, World


def samples(world: World, van: Enrolled) -> int:
    sql = "SELECT count(*) FROM telemetry.sample s JOIN vehicles_vehicle v ON v.id = s.vehicle_id WHERE v.vin = %s"
    return int(world.query(sql, van.vin)[0][0])


def refused(world: World, van: Enrolled) -> dict[str, int]:
    sql = (
        "SELECT reason, sum(count)::int FROM telemetry.refusal r JOIN vehicles_vehicle v ON v.id = r.vehicle_id "
        "WHERE v.vin = %s GROUP BY 1"
    )
    return dict(world.query(sql, van.vin))  # type: ignore[arg-type]  # two columns


class OldAgent:
    """Speaks the wire without obeying any profile."""

    def __init__(self, world: World, van: Enrolled) -> None:
        self.van = van
        self.secret = json.loads(van.enrolment.read_text())["secret"]
        self.host, port = world.endpoints["mqtt"].split(":")
        self.port = int(port)
        self.sequence = 0

    async def send(self, client: aiomqtt.Client) -> int:
        """Sends one reading and returns the sequence that was acknowledged."""
        self.sequence += 1
        point = [time.time_ns() // 1_000_000, {"speed": 30.0}]
        body = json.dumps({"e": "OLD", "s": self.sequence, "p": [point]})
        await client.publish(f"m/{self.van.serial}/up/telemetry", body)
        return int((await self.hear(client, "ack"))["s"])

    async def hear(self, client: aiomqtt.Client, kind: str) -> Any:
        async with asyncio.timeout(60):
            async for message in client.messages:
                if message.topic.matches(f"m/{self.van.serial}/down/{kind}"):
                    return json.loads(message.payload)  # type: ignore[arg-type]  # bytes, as we subscribe
        raise AssertionError("the connection ended")

    def connection(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self.host, self.port, identifier=self.van.serial, username=self.van.serial, password=self.secret,
            protocol=aiomqtt.ProtocolVersion.V311,
        )  # fmt: skip


async def test_without_a_service_nothing_is_collected(world: World) -> None:
    van = await asyncio.to_thread(world.enrol, "vehicle-supervision")
    agent = OldAgent(world, van)
    async with agent.connection() as client:
        await client.subscribe(f"m/{van.serial}/down/#")
        assert await agent.send(client) == 1
        assert samples(world, van) == 1

        await asyncio.to_thread(world.run, "service", "end", van.vin, "vehicle-supervision")
        assert (await agent.hear(client, "profile"))["signals"] == {}

        assert await agent.send(client) == 2, "an old agent must not repeat for ever"
        assert samples(world, van) == 1
        assert sum(refused(world, van).values()) == 1

        await asyncio.to_thread(world.run, "service", "assign", van.vin, "vehicle-supervision")
        assert "speed" in (await agent.hear(client, "profile"))["signals"]
        assert await agent.send(client) == 3
        assert samples(world, van) == 2


async def test_the_second_module_takes_over_when_the_first_is_revoked(world: World) -> None:
    """VH-03: each signal is in one module's charge."""
    van = await asyncio.to_thread(world.enrol, "vehicle-supervision")
    serial = f"{van.serial}B"
    enrolment = world.folder / f"{serial}.json"
    told = await asyncio.to_thread(world.run, "module", "enrol", serial, "--vin", van.vin, "--beside")
    enrolment.write_text(json.dumps(told))
    second = OldAgent(world, replace(van, serial=serial, enrolment=enrolment))
    async with second.connection() as client:
        await client.subscribe(f"m/{serial}/down/#")
        assert await second.send(client) == 1
        assert samples(world, van) == 0, "the first one is in charge of everything"
        await asyncio.to_thread(world.run, "module", "revoke", van.serial)
        assert "speed" in (await second.hear(client, "profile"))["signals"]
        assert await second.send(client) == 2
        assert samples(world, van) == 1


class Silence:
    """A van that has said something once."""

    def __init__(self) -> None:
        self.readings: asyncio.Queue[Reading] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[Reading]:
        while True:
            yield await self.readings.get()


@pytest.mark.timeout(600)
async def test_a_removed_van_is_wiped_and_cut_off(world: World, tmp_path: Path) -> None:
    """VH-04, VH-05: by a signed command; the worker revokes the module when it obeyed."""
    van = await asyncio.to_thread(world.enrol, "vehicle-supervision")
    who = enrolment(Told(enrolment=van.enrolment, store=tmp_path / "store.db"), load(world.environ))
    said = Silence()
    agent = Agent(
        AgentSettings(who.serial, who.command_key, who.store),
        said,
        PassiveVan(),
        connect=partial(mqtt.connect, who.broker, who.serial),
    )
    run = asyncio.create_task(agent.run())
    try:
        await asyncio.to_thread(world.wait_for, lambda: "speed" in agent.obeys)
        said.readings.put_nowait(Reading(time.time_ns() // 1_000_000, {"speed": 30.0}))
        await asyncio.to_thread(world.wait_for, lambda: samples(world, van) == 1)
        epoch = agent.outbox.epoch
        await asyncio.to_thread(world.run, "vehicle", "remove", van.vin)
        await asyncio.to_thread(world.wait_for, lambda: agent.outbox.epoch != epoch)
        assert (agent.obeys, agent.outbox.count) == ({}, 0)
        status = "SELECT status FROM vehicles_module WHERE serial = %s"
        await asyncio.to_thread(world.wait_for, lambda: world.query(status, van.serial) == [("revoked",)], 400)
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    assert van.api.get("/vehicles").json()["vehicles"] == []


async def test_a_revoked_module_is_cut_off(world: World) -> None:
    van = await asyncio.to_thread(world.enrol, "vehicle-supervision")
    agent = OldAgent(world, van)
    client = agent.connection()
    async with client:
        await client.subscribe(f"m/{van.serial}/down/#")
        assert await agent.send(client) == 1
        await asyncio.to_thread(world.run, "module", "revoke", van.serial)
        try:
            async with asyncio.timeout(10):
                async for _ in client.messages:
                    pass
        except aiomqtt.MqttError:
            pass
    try:
        async with agent.connection():
            raise AssertionError("a revoked module was let in")
    except aiomqtt.MqttError:
        pass
