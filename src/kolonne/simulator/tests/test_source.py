"""Simulated vans as sources of a module: real agents, a broker in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kolonne.module.agent import Agent, AgentSettings
from kolonne.module.errors import LinkLost, SourceError
from kolonne.module.sources import Reading, SourceOptions
from kolonne.module.transport import Connection, MemoryBroker
from kolonne.simulator import memory
from kolonne.simulator.feeds import open_roads
from kolonne.simulator.radio import Radio
from kolonne.simulator.roads.geometry import distance_m
from kolonne.simulator.roads.network import RoadNetwork
from kolonne.simulator.source import LivingVan, now_ms
from kolonne.simulator.tests.vans import NOW_MS, a_van, live
from kolonne.wire.messages import Profile, decode_telemetry, encode_json
from kolonne.wire.signals import catalogue

PROFILE = encode_json(Profile(1, dict.fromkeys(catalogue(), 0.0)))


async def first(source: LivingVan, count: int) -> list[Reading]:
    readings: list[Reading] = []
    async for reading in source:
        readings.append(reading)
        if len(readings) == count:
            break
    return readings


async def test_a_van_tells_its_history_first_and_then_lives_in_real_time(network: RoadNetwork) -> None:
    van = a_van(network, "tour")
    clock = NOW_MS + 600_000
    living = LivingVan(van, clock=lambda: clock)
    history = living._history()
    assert len(history) > 30
    assert [reading.t_ms for reading in history] == sorted({reading.t_ms for reading in history})
    assert history[-1].t_ms <= clock
    assert "soc" in history[0].signals


async def test_an_order_is_obeyed_after_a_moment_and_told_at_once(network: RoadNetwork) -> None:
    van = a_van(network, "parked")
    van.advance(now_ms())
    van.state.locked = False
    living = LivingVan(van)
    assert len(await first(living, 1)) == 1
    told = asyncio.create_task(first(living, 1))
    began = asyncio.get_running_loop().time()
    outcome = await living.execute("lock", {})
    assert 0.25 < asyncio.get_running_loop().time() - began < 1.2
    assert (outcome.outcome, outcome.state) == ("done", {"locked": True})
    async with asyncio.timeout(2):
        (reading,) = await told
    assert reading.signals["locked"] is True
    van.state.open_doors.add("tailgate")
    outcome = await living.execute("climate_start", {})
    assert (outcome.outcome, outcome.reason, outcome.state["climate_on"]) == ("failed", "door_open", False)


async def test_a_dead_spot_breaks_the_link_and_loses_nothing(network: RoadNetwork, tmp_path: Path) -> None:
    """VH-08: store and forward."""
    van = a_van(network, "tour", level=95)
    van.advance(now_ms() - 120_000)
    broker = MemoryBroker()
    radio = Radio(broker.connect)
    living = LivingVan(van, ready=radio.heard_profile)
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    agent = Agent(AgentSettings("KM99990001", key, tmp_path / "store.sqlite"), living, living, connect=radio.connect)
    running = asyncio.create_task(agent.run())
    try:
        async with asyncio.timeout(20):
            await broker.connected.wait()
            broker.say("profile", PROFILE)
            points = await _points(broker, 3)
            radio.turn(on=False)
            await _until(lambda: not broker.connected.is_set())
            stored = agent.tally.stored
            await _until(lambda: agent.tally.stored >= stored + 2)
            assert not broker.connected.is_set()
            radio.turn(on=True)
            await broker.connected.wait()
            points |= await _points(broker, stored + 2)
        assert set(range(1, stored + 2)) <= set(points)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # the agent has no event for it
        await asyncio.sleep(0.02)


async def _points(broker: MemoryBroker, wanted: int) -> set[int]:
    """Sequences heard, until number `wanted` is among them."""
    heard: set[int] = set()
    while wanted not in heard:
        message = await broker.heard.get()
        if message.kind == "telemetry":
            telemetry = decode_telemetry(message.payload)
            heard |= set(range(telemetry.sequence, telemetry.sequence + len(telemetry.points)))
    return heard


async def test_a_radio_passes_on_that_the_platform_hung_up() -> None:
    broker = MemoryBroker()

    @asynccontextmanager
    async def connect() -> AsyncIterator[Connection]:
        async with broker.connect() as connection:
            yield connection

    radio = Radio(connect)
    async with radio.connect() as connection:
        broker.cut()
        with pytest.raises(LinkLost):
            await anext(aiter(connection))


def test_what_a_van_remembers_outlasts_a_restart_but_places_only_on_the_same_roads(
    network: RoadNetwork, tmp_path: Path
) -> None:
    van = a_van(network, "tour")
    live(van, 900)
    path = tmp_path / "vans.json"
    memory.remember(path, "town", {"KM1": van}, NOW_MS, is_last_word=True)
    recalled = memory.recall(path, "town")
    assert recalled.saved_ms == NOW_MS
    past = recalled.vans["KM1"]
    assert past.point is not None
    assert distance_m(past.point, van.state.point) < 1
    again = a_van(network, "tour", past=past)
    assert (again.state.odometer, again.state.level) == (van.state.odometer, van.state.level)
    elsewhere = memory.recall(path, "oslo").vans["KM1"]
    assert elsewhere.point is None
    assert elsewhere.odometer == van.state.odometer
    path.write_text("{", encoding="utf-8")
    assert memory.recall(path, "town").vans == {}


def test_after_a_crash_time_and_odometer_go_on_behind_what_may_have_been_told(
    network: RoadNetwork, tmp_path: Path
) -> None:
    van = a_van(network, "tour")
    live(van, 300)
    path = tmp_path / "vans.json"
    memory.remember(path, "town", {"KM1": van}, NOW_MS)
    told_until = van.now_ms + round(memory.SAVE_EVERY_S * 1000)
    van.advance(told_until)
    recalled = memory.recall(path, "town")
    assert recalled.saved_ms == NOW_MS + round(memory.SAVE_EVERY_S * 1000)
    assert recalled.vans["KM1"].odometer >= van.state.odometer


def test_a_module_can_play_a_van_on_the_road_and_the_same_serial_plays_the_same_van() -> None:
    feeds = [open_roads(SourceOptions(serial=serial)) for serial in ("KM00000001", "KM00000001", "KM00000002")]
    vans = [feed.source.van for feed in feeds if isinstance(feed.source, LivingVan)]
    assert vans[0].state.point == vans[1].state.point
    assert vans[0].chance.random() == vans[1].chance.random() != vans[2].chance.random()
    assert "unlock" in feeds[0].van.capabilities


def test_roads_that_cannot_be_driven_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing\.osm\.pbf"):
        open_roads(SourceOptions(file=tmp_path / "nothing.osm.pbf", serial="KM00000001"))
