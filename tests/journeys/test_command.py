"""A command's way: asked in the portal, signed, carried out by a real module, answered, shown (CD-01 to CD-04)."""

import asyncio
import contextlib
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from kolonne.bench import programs
from kolonne.config import Config
from kolonne.module import mqtt
from kolonne.module.agent import Agent, AgentSettings
from kolonne.module.sources import Outcome, Reading
from kolonne.portal.commands.tests.conftest import PIN, Van, van
from kolonne.portal.conftest import admin
from kolonne.wire.commands import KINDS
from kolonne.wire.signals import Value

__all__ = ["admin", "van"]
T = TypeVar("T")
PATIENCE_S = 20.0
KILLS = 8


class Actuators:
    """A parked van; counts what it was really made to do."""

    capabilities = frozenset(KINDS)
    moving = False

    def __init__(self) -> None:
        self.done: list[str] = []
        self.locked = False

    async def execute(self, command: str, args: Mapping[str, Value]) -> Outcome:
        await asyncio.sleep(0.05)
        self.done.append(f"{command} {args.get('text', '')}".strip())
        if command in {"lock", "unlock"}:
            self.locked = command == "lock"
        return Outcome("done", state={"locked": self.locked})


class Silence:
    """A van that has nothing to report."""

    async def __aiter__(self) -> AsyncIterator[Reading]:
        await asyncio.Event().wait()
        yield Reading(0, {})


class Signer:
    """The program, which may be killed."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._stack = contextlib.ExitStack()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = self._stack.enter_context(programs.running("signer", self._log))

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        self._stack.close()


@pytest.fixture
def signer(ingest_and_registry: Config) -> Iterator[Signer]:
    program = Signer(ingest_and_registry.data / "signer.log")
    program.start()
    yield program
    program.close()


@contextlib.asynccontextmanager
async def on_the_road(van: Van, actuators: Actuators, store: Path) -> AsyncIterator[None]:
    """A real agent in the van, connected by MQTT."""
    where = van.config.endpoints().mqtt.split(":")
    settings = AgentSettings(van.serial, bytes.fromhex(van.config.secret("signer-public")), store)
    link = partial(mqtt.connect, mqtt.Broker(where[0], int(where[1]), van.house.secret), van.serial)
    agent = asyncio.create_task(Agent(settings, Silence(), actuators, connect=link).run())
    try:
        yield
    finally:
        agent.cancel()
        await asyncio.gather(agent, return_exceptions=True)


@pytest.fixture
def portal(django_db_blocker: DjangoDbBlocker) -> Callable[..., Any]:
    """Runs one act of the portal beside the test's own event loop."""

    async def act(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        def inside() -> T:
            with django_db_blocker.unblock():
                try:
                    return function(*args, **kwargs)
                finally:
                    connection.close()

        return await asyncio.to_thread(inside)

    return act


async def until(portal: Callable[..., Any], van: Van, command_id: UUID, *states: str) -> None:
    """Waits for one of these states."""
    deadline = time.monotonic() + PATIENCE_S
    while (await portal(van.look, command_id)).state not in states:
        assert time.monotonic() < deadline, await portal(van.states, command_id)
        await asyncio.sleep(0.02)


async def test_a_lock_click_reaches_the_van_and_its_answer_comes_back(
    van: Van, signer: Signer, portal: Callable[..., Any], tmp_path: Path
) -> None:
    actuators = Actuators()
    async with on_the_road(van, actuators, tmp_path / "module.db"):
        await portal(van.set_pin)
        lock = await portal(van.ask, "lock")
        await until(portal, van, lock, "done")
        assert actuators.locked
        assert await portal(van.states, lock) == ["queued", "sent", "accepted", "done"]
        assert (await portal(van.look, lock)).reply_state == {"locked": True}
        unlock = await portal(van.ask, "unlock", pin=PIN)
        await until(portal, van, unlock, "done")
        assert not actuators.locked
        wrong = await portal(van.ask, "unlock", pin="314159")
        await until(portal, van, wrong, "failed")
    assert actuators.done == ["lock", "unlock"]


async def test_a_moving_van_refuses_to_open_and_says_why(
    van: Van, signer: Signer, portal: Callable[..., Any], tmp_path: Path
) -> None:
    actuators = Actuators()
    actuators.moving = True
    async with on_the_road(van, actuators, tmp_path / "module.db"):
        await portal(van.set_pin)
        unlock = await portal(van.ask, "unlock", pin=PIN)
        await until(portal, van, unlock, "failed")
        assert (await portal(van.look, unlock)).reason == "moving"
    assert actuators.done == []


async def test_a_van_that_comes_back_in_time_gets_what_waited(
    van: Van, signer: Signer, portal: Callable[..., Any], tmp_path: Path
) -> None:
    """A start of its own in between: the first signature is for a start that is over."""
    actuators = Actuators()
    async with on_the_road(van, actuators, tmp_path / "module.db"):
        await until(portal, van, await portal(van.ask, "lock"), "done")
    waited = await portal(van.ask, "find")
    await until(portal, van, waited, "sent")
    async with on_the_road(van, actuators, tmp_path / "module.db"):
        await until(portal, van, waited, "done")
    assert actuators.done == ["lock", "find"]


async def test_a_signer_killed_at_any_moment_makes_no_van_do_anything_twice(
    van: Van, signer: Signer, portal: Callable[..., Any], tmp_path: Path
) -> None:
    """NF-05: everything is done once, and every command learns its end."""
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    actuators, asked = Actuators(), []
    async with on_the_road(van, actuators, tmp_path / "module.db"):
        for number in range(KILLS):
            asked += [await portal(van.ask, name) for name in ("lock", "find", "lock")]
            await asyncio.sleep(chance.uniform(0, 0.4))
            await asyncio.to_thread(signer.kill)
            await asyncio.to_thread(signer.start)
            print("killed", number)
        for command_id in asked:
            await until(portal, van, command_id, "done")
    assert Counter(actuators.done) == {"lock": 2 * KILLS, "find": KILLS}
