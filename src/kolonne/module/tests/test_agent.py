"""The whole agent against a platform in memory."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from kolonne.module import link, profile
from kolonne.module.agent import Agent, AgentSettings, Tally
from kolonne.module.outbox import Limits
from kolonne.module.sources import Outcome, PassiveVan, Reading, Source, Van
from kolonne.module.tests.platform import Cursor, Platform
from kolonne.module.transport import MemoryBroker
from kolonne.wire import subjects
from kolonne.wire.messages import Profile, encode_json
from kolonne.wire.signals import Value

SERIAL = "TESTMODULE01"


class Recording:
    """Readings that are there from the beginning, as in a recorded trace."""

    skipped = 0

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._readings = list(readings)

    def resume(self, mark: str) -> None:
        if mark:
            self._readings = [reading for reading in self._readings if int(reading.mark) > int(mark)]

    async def __aiter__(self) -> AsyncIterator[Reading]:
        for reading in self._readings:
            yield reading


class Living:
    """A van that says what the test tells it."""

    def __init__(self) -> None:
        self.readings: asyncio.Queue[Reading] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[Reading]:
        while True:
            yield await self.readings.get()


class LockableVan:
    capabilities = frozenset({"lock", "unlock", "find"})

    def __init__(self) -> None:
        self.moving: bool | None = False
        self.executed: list[str] = []

    async def execute(self, command: str, args: Mapping[str, Value]) -> Outcome:
        self.executed.append(command)
        return Outcome("done", state={"locked": command == "lock"})


def readings(count: int) -> list[Reading]:
    return [Reading(1000 * n, {"speed": float(n % 90), "soc": 50.0}, mark=str(n)) for n in range(1, count + 1)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # the condition is in another object
            await asyncio.sleep(0.005)


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
async def platform(broker: MemoryBroker) -> AsyncIterator[Platform]:
    platform = Platform(broker, {"speed": 0, "soc": 0, "locked": 0})
    task = asyncio.create_task(platform.run())
    yield platform
    task.cancel()


def make_agent(
    platform: Platform, store: Path, source: Source, van: Van | None = None, limits: Limits | None = None
) -> Agent:
    settings = AgentSettings(SERIAL, platform.signer_public, store, limits or Limits(), commit_s=0.005)
    return Agent(settings, source, van or PassiveVan(), connect=platform.broker.connect, random=Random(1))


@asynccontextmanager
async def running(agent: Agent) -> AsyncIterator[None]:
    task = asyncio.create_task(agent.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()):
        raise error


@asynccontextmanager
async def busy_disk(agent: Agent) -> AsyncIterator[None]:
    """Writing takes as long as on a loaded machine, so that what is read meanwhile piles up."""

    async def use() -> None:
        while True:
            await agent._on_disk(time.sleep, 0.003)

    task = asyncio.create_task(use())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def finished(run: Awaitable[Tally]) -> Tally:
    async with asyncio.timeout(60):
        return await run


async def test_a_recording_arrives_whole_and_in_order(platform: Platform, tmp_path: Path) -> None:
    """NF-05"""
    tally = await finished(make_agent(platform, tmp_path / "store.db", Recording(readings(3000))).run())
    assert [t for t, _ in platform.cursor.readings] == [1000 * n for n in range(1, 3001)]
    assert platform.cursor.readings[41][1] == {"speed": 42.0, "soc": 50.0}
    assert (tally.stored, tally.without_wanted, tally.dropped) == (3000, 0, 0)


async def test_a_recording_that_was_killed_goes_on_where_it_was(platform: Platform, tmp_path: Path) -> None:
    """NF-05"""
    platform.mute = True
    agent = make_agent(platform, tmp_path / "store.db", Recording(readings(2000)), limits=Limits(points=1600))
    async with running(agent):
        await until(lambda: agent.tally.stored >= 600)
    platform.mute = False
    await finished(make_agent(platform, tmp_path / "store.db", Recording(readings(2000))).run())
    assert [t for t, _ in platform.cursor.readings] == [1000 * n for n in range(1, 2001)]


async def test_a_finished_recording_is_sent_again_only_when_somebody_asks(platform: Platform, tmp_path: Path) -> None:
    """NF-05: a program that is killed just after the last acknowledgement must not begin anew."""
    for again, stored in ((False, 10), (False, 10), (True, 20)):
        agent = make_agent(platform, tmp_path / "store.db", Recording(readings(10)))
        agent.settings = replace(agent.settings, again=again)
        await finished(agent.run())
        assert len(platform.cursor.readings) == stored


async def test_a_recording_waits_for_its_first_profile(broker: MemoryBroker, tmp_path: Path) -> None:
    """VH-04: nothing is collected before the platform said what; no row is lost by that."""
    platform = Platform(broker, None)
    listener = asyncio.create_task(platform.run())
    agent = make_agent(platform, tmp_path / "store.db", Recording(readings(5)))
    async with running(agent):
        await until(lambda: bool(platform.hellos))
        assert agent.tally.readings == 0
        platform.say_profile({"soc": 0})
        await until(lambda: len(platform.cursor.readings) == 5)
    assert platform.cursor.readings[0] == (1000, {"soc": 50.0})
    listener.cancel()


@pytest.mark.parametrize("limits", [Limits(points=800), Limits(points=100), Limits(size_bytes=32_000)], ids=str)
async def test_a_recording_waits_for_room_rather_than_losing_rows(
    platform: Platform, tmp_path: Path, limits: Limits
) -> None:
    """NF-05: what was read and is not written yet needs room too."""
    agent = make_agent(platform, tmp_path / "store.db", Recording(readings(3000)), limits=limits)
    async with busy_disk(agent):
        tally = await finished(agent.run())
    assert [t for t, _ in platform.cursor.readings] == [1000 * n for n in range(1, 3001)]
    assert tally.dropped == 0


async def test_a_reading_that_waited_for_the_disk_when_the_module_was_stopped_is_kept(
    platform: Platform, tmp_path: Path
) -> None:
    """NF-05"""
    van, disk_is_free = Living(), threading.Event()
    agent = make_agent(platform, tmp_path / "store.db", van)
    run = asyncio.create_task(agent.run())
    await until(lambda: bool(agent.obeys))
    busy = asyncio.create_task(agent._on_disk(disk_is_free.wait, 20))
    van.readings.put_nowait(readings(1)[0])
    await until(lambda: agent.tally.stored == 1 and not agent._flush_wanted.is_set())
    run.cancel()
    asyncio.get_running_loop().call_later(0.05, disk_is_free.set)
    await asyncio.wait([run, busy])
    async with running(make_agent(platform, tmp_path / "store.db", Living())):
        await until(lambda: len(platform.cursor.readings) == 1)


async def test_a_broken_connection_loses_and_doubles_nothing(platform: Platform, tmp_path: Path) -> None:
    """NF-05"""
    agent = make_agent(platform, tmp_path / "store.db", Recording(readings(4000)))
    run = asyncio.create_task(agent.run())
    for reached in (1, 1000, 2000):
        await until(lambda reached=reached: len(platform.cursor.readings) >= reached)  # type: ignore[misc]  # bound now
        platform.broker.cut()
    await finished(run)
    assert [t for t, _ in platform.cursor.readings] == [1000 * n for n in range(1, 4001)]
    assert platform.cursor.doubled == 0


async def test_a_van_without_services_is_silent(platform: Platform, tmp_path: Path) -> None:
    """VH-04: waiting readings go too, the connection stays."""
    van = Living()
    agent = make_agent(platform, tmp_path / "store.db", van)
    async with running(agent):
        await until(lambda: agent.obeys == {"speed": 0, "soc": 0, "locked": 0})
        van.readings.put_nowait(readings(1)[0])
        await until(lambda: len(platform.cursor.readings) == 1)
        platform.mute = True
        van.readings.put_nowait(readings(2)[1])
        await until(lambda: agent.tally.stored == 2)
        platform.say_profile({})
        await until(lambda: agent.outbox.dropped["unwanted"] == 1)
        platform.mute = False
        van.readings.put_nowait(readings(3)[2])
        await until(lambda: agent.tally.without_wanted == 1)
        assert platform.broker.connected.is_set()
        platform.say_profile({"soc": 0})
        await until(lambda: agent.obeys == {"soc": 0})
        van.readings.put_nowait(readings(4)[3])
        await until(lambda: len(platform.cursor.readings) == 2)
    assert platform.cursor.readings[1] == (4000, {"soc": 50.0})
    assert sum(platform.cursor.dropped.values()) == 1


async def test_the_last_profile_counts_without_a_connection(platform: Platform, tmp_path: Path) -> None:
    """VH-04"""
    agent = make_agent(platform, tmp_path / "store.db", Living())
    async with running(agent):
        await until(lambda: bool(agent.obeys))
    platform.broker.reachable = False
    van = Living()
    agent = make_agent(platform, tmp_path / "store.db", van)
    async with running(agent):
        van.readings.put_nowait(readings(1)[0])
        await until(lambda: agent.tally.stored == 1)


async def test_a_part_of_the_platform_that_lags_behind_does_not_change_the_profile(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VH-04: the module asks, and hears the latest."""
    monkeypatch.setattr(link, "HELLO_UNHEARD_S", 0.01)
    agent = make_agent(platform, tmp_path / "store.db", Living())
    async with running(agent):
        platform.version = 7
        await until(lambda: bool(agent.obeys))
        heard = len(platform.hellos)
        platform.broker.say(subjects.PROFILE, encode_json(Profile(6, {"lat": 0})))
        await until(lambda: len(platform.hellos) > heard)
        assert agent.obeys == platform.profile


async def test_a_platform_restored_from_a_backup_is_obeyed_after_a_while(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VH-04: it answers hellos with an older version until the module believes it."""
    monkeypatch.setattr(link, "HELLO_UNHEARD_S", 0.01)
    monkeypatch.setattr(profile, "DOUBT_S", 0.1)
    platform.version = 7
    async with running(make_agent(platform, tmp_path / "store.db", Living())):
        await until(lambda: bool(platform.hellos))
    platform.version, platform.profile = 3, {"soc": 60.0}
    agent = make_agent(platform, tmp_path / "store.db", Living())
    async with running(agent):
        assert agent.obeys == {"speed": 0, "soc": 0, "locked": 0}
        await until(lambda: agent.obeys == {"soc": 60.0})


async def test_a_command_is_carried_out_and_answered(platform: Platform, tmp_path: Path) -> None:
    """CD-01, CD-02"""
    van = LockableVan()
    async with running(make_agent(platform, tmp_path / "store.db", Living(), van)):
        await until(lambda: bool(platform.hellos))
        assert platform.hellos[0].capabilities == ["find", "lock", "unlock", "wipe"]
        platform.order("lock", {}, counter=1)
        outcomes = [await platform.replies.get() for _ in range(2)]
    assert [reply.outcome for reply in outcomes] == ["accepted", "done"]
    assert outcomes[1].state == {"locked": True}
    assert van.executed == ["lock"]


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("store.db*"))


async def test_a_wiped_module_begins_with_nothing_and_says_so(platform: Platform, tmp_path: Path) -> None:
    """VH-05: the next owner starts at zero, on disk and in memory."""
    van, store = Living(), tmp_path / "store.db"
    agent = make_agent(platform, store, van)
    async with running(agent):
        await until(lambda: bool(agent.obeys))
        platform.mute = True
        for reading in readings(700):
            van.readings.put_nowait(reading._replace(signals={"soc": 33.25}))
        await until(lambda: agent.outbox.count > 0)
        platform.order("wipe", {"serial": SERIAL}, counter=9)
        reply = await platform.replies.get()
        await until(lambda: len(platform.hellos) > 1)
        platform.mute = False
        await until(lambda: bool(agent.obeys))
        van.readings.put_nowait(readings(1)[0]._replace(t_ms=999_000))
        await until(lambda: any(epoch == platform.hellos[-1].epoch for epoch, _ in platform.cursor.points))
    before, after = platform.hellos[0], platform.hellos[-1]
    assert (reply.outcome, reply.counter) == ("done", 9)
    assert (before.epoch != after.epoch, before.key == after.key, after.counter) == (True, True, 9)
    first = {sequence: point[0] for (epoch, sequence), point in platform.cursor.points.items() if epoch == after.epoch}
    assert min(first) == 1
    assert before.epoch.encode() not in on_disk(tmp_path)


async def test_replies_of_a_lost_connection_are_said_again(platform: Platform, tmp_path: Path) -> None:
    """CD-02"""
    async with running(make_agent(platform, tmp_path / "store.db", Living(), LockableVan())):
        await until(lambda: bool(platform.hellos))
        platform.order("lock", {}, counter=1)
        assert [(await platform.replies.get()).outcome for _ in range(2)] == ["accepted", "done"]
        platform.broker.cut()
        async with asyncio.timeout(10):
            assert [(await platform.replies.get()).outcome for _ in range(2)] == ["accepted", "done"]


async def test_a_refused_module_keeps_its_readings_and_tries_again(platform: Platform, tmp_path: Path) -> None:
    """NF-05"""
    platform.broker.refusing = True
    agent = make_agent(platform, tmp_path / "store.db", Recording(readings(3)))
    run = asyncio.create_task(agent.run())
    await until(lambda: platform.broker.refused > 1)
    platform.broker.refusing = False
    await finished(run)
    assert len(platform.cursor.readings) == 3


async def test_a_store_copied_back_from_an_older_state_begins_a_new_epoch(platform: Platform, tmp_path: Path) -> None:
    """NF-05: numbers that were used are never given to other points."""
    old, new = tmp_path / "old.db", tmp_path / "store.db"
    async with running(make_agent(platform, old, Living())):
        await until(lambda: bool(platform.hellos))
    new.write_bytes(old.read_bytes())
    (tmp_path / "store.db.key").write_bytes((tmp_path / "old.db.key").read_bytes())
    await finished(make_agent(platform, old, Recording(readings(10))).run())
    later = [Reading(1_000_000 + n, {"soc": 1.0}) for n in range(3)]
    await finished(make_agent(platform, new, Recording(later)).run())
    assert [t for t, _ in platform.cursor.readings][10:] == [1_000_000, 1_000_001, 1_000_002]


async def test_what_waited_in_a_store_copied_back_is_not_told_twice(platform: Platform, tmp_path: Path) -> None:
    """NF-05"""
    old, new = tmp_path / "old.db", tmp_path / "store.db"
    platform.mute = True
    agent = make_agent(platform, old, Recording(readings(5)))
    async with running(agent):
        await until(lambda: agent.outbox.last == 5)
    new.write_bytes(old.read_bytes())
    (tmp_path / "store.db.key").write_bytes((tmp_path / "old.db.key").read_bytes())
    platform.mute = False
    await finished(make_agent(platform, old, Recording(readings(15))).run())
    later = [Reading(1_000_000 + n, {"soc": 1.0}, mark=str(100 + n)) for n in range(3)]
    await finished(make_agent(platform, new, Recording(later)).run())
    assert [t for t, _ in platform.cursor.readings] == [*range(1000, 16000, 1000), 1_000_000, 1_000_001, 1_000_002]


async def test_a_recording_ends_although_its_last_readings_are_lost(platform: Platform, tmp_path: Path) -> None:
    """NF-05: what is damaged on disk is never acknowledged; nobody waits for it."""
    platform.mute = True
    agent = make_agent(platform, tmp_path / "store.db", Recording(readings(5)))
    run = asyncio.create_task(agent.run())
    await until(lambda: agent.outbox.last == 5)

    def damage() -> None:
        with agent._store.transaction() as connection:
            connection.execute("update point set body = x'ff'")

    await agent._on_disk(damage)
    assert (await finished(run)).dropped == 5


async def test_a_platform_that_lost_everything_is_told_what_exists_no_more(platform: Platform, tmp_path: Path) -> None:
    """NF-05: restored from a backup that never knew this module; the gap is reported, nothing waits for ever."""
    await finished(make_agent(platform, tmp_path / "store.db", Recording(readings(20))).run())
    platform.cursor = Cursor()
    agent = make_agent(platform, tmp_path / "store.db", Recording(readings(5)))
    agent.settings = replace(agent.settings, again=True)
    await finished(agent.run())
    assert len(platform.cursor.readings) == 5
    assert sum(platform.cursor.dropped.values()) == 20


async def test_a_hello_that_nobody_heard_is_said_again(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quality of service 0 loses messages, and whoever answers hellos may just be starting."""
    monkeypatch.setattr(link, "HELLO_UNHEARD_S", 0.01)
    profile, platform.profile = platform.profile, None
    async with running(make_agent(platform, tmp_path / "store.db", Living())):
        await until(lambda: len(platform.hellos) >= 3)
        platform.profile = profile
        heard = len(platform.hellos)
        await until(lambda: len(platform.hellos) > heard)
        await asyncio.sleep(0.1)
        assert len(platform.hellos) <= heard + 3
