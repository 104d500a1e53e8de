"""What whole stories need: the programs beside the servers, and modules that are spoken for by the test itself."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import aiomqtt
import msgspec
import psycopg
import pytest
import pytest_asyncio

from kolonne.bench import programs, world
from kolonne.bench.load import SERIAL
from kolonne.config import Config
from kolonne.wire.signals import catalogue
from kolonne.wire.subjects import down_topic, up_topic

_numbers = itertools.count(5_000_000)
ANSWER_S = 10.0


@pytest.fixture(scope="session")
def ingest_and_registry(platform: Config) -> Iterator[Config]:
    """The two programs that modules meet."""
    with (
        programs.running("registry", platform.data / "registry.log"),
        programs.running("ingest", platform.data / "ingest.log"),
    ):
        yield platform


@pytest.fixture
def database(platform: Config) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    """The database as its administrator sees it: everything, without row-level security."""
    with world.admin(platform) as connection:
        yield connection


@dataclass
class Enrolled:
    """A module that exists in the database, with its van and company."""

    serial: str
    secret: str
    module_id: int
    vehicle_id: int
    company_id: int


Enrol = Callable[..., Enrolled]


@pytest.fixture
def enrol(database: "psycopg.Connection[tuple[Any, ...]]") -> Enrol:
    """Makes a van with a module, in a company of its own; its services allow `signals`, by default all."""

    def enrol(signals: list[str] | None = None) -> Enrolled:
        number = next(_numbers)
        allowed = list(catalogue()) if signals is None else signals
        company_id, (secret,) = world.make(database, 1, first=number, signals=allowed)
        serial = SERIAL.format(number)
        sql = "SELECT id, vehicle_id FROM vehicles_module WHERE serial = %s"
        module_id, vehicle_id = database.execute(sql, [serial]).fetchone() or (0, 0)
        database.execute("SELECT pg_notify('kolonne_modules', %s)", [serial])
        return Enrolled(serial, secret, module_id, vehicle_id, company_id)

    return enrol


class Speaker:
    """A connected module of which the test writes every byte."""

    def __init__(self, client: aiomqtt.Client, serial: str) -> None:
        self._client = client
        self.serial = serial

    async def say(self, payload: bytes, kind: str = "telemetry") -> None:
        await self._client.publish(up_topic(self.serial, kind), payload)

    async def send(self, sequence: int, *points: list[Any], epoch: str = "E1", **more: Any) -> None:
        await self.say(json.dumps({"e": epoch, "s": sequence, "p": points, **more}).encode())

    async def hear(self, kind: str = "ack") -> Any:
        """The next message of this kind. Raises TimeoutError."""
        async with asyncio.timeout(ANSWER_S):
            async for message in self._client.messages:
                if str(message.topic) == down_topic(self.serial, kind):
                    return msgspec.json.decode(message.payload)  # type: ignore[arg-type]  # bytes, as we subscribe
        raise AssertionError("the connection ended")

    async def hear_ack(self, sequence: int) -> None:
        """Until exactly this sequence is acknowledged."""
        while (await self.hear())["s"] != sequence:
            pass

    async def wait_until_cut_off(self) -> None:
        async with asyncio.timeout(ANSWER_S):
            async for _ in self._client.messages:
                pass


Connect = Callable[..., Any]


@pytest_asyncio.fixture
async def connect(ingest_and_registry: Config) -> AsyncIterator[Connect]:
    """Connects an enrolled module. Raises aiomqtt.MqttError when it is not let in. Without other credentials than
    its own it tries again for a moment, because the registry learns of a new module some milliseconds later."""
    async with AsyncExitStack() as stack:

        async def connect(module: Enrolled, *, client_id: str | None = None, secret: str | None = None) -> Speaker:
            until = time.monotonic() + (2 if client_id is None and secret is None else 0)
            while True:
                try:
                    return await attempt(module, client_id, secret)
                except aiomqtt.MqttError:
                    if time.monotonic() > until:
                        raise
                    await asyncio.sleep(0.05)

        async def attempt(module: Enrolled, client_id: str | None, secret: str | None) -> Speaker:
            host, port = ingest_and_registry.endpoints().mqtt.split(":")
            client = aiomqtt.Client(
                host,
                int(port),
                identifier=client_id or module.serial,
                username=module.serial,
                password=secret or module.secret,
                protocol=aiomqtt.ProtocolVersion.V311,
                timeout=8,
            )
            await stack.enter_async_context(client)
            await client.subscribe(f"m/{module.serial}/down/#")
            return Speaker(client, module.serial)

        yield connect
