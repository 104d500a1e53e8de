"""ID-06: whoever may not come in any more sees nothing more, at once and not at the next round of checks."""

import asyncio
from collections.abc import Collection, MutableMapping
from typing import Any

import psycopg

from kolonne.config import Config
from kolonne.portal.lib import channels
from kolonne.portal.telemetry.database import connector
from kolonne.portal.telemetry.live.app import LiveApp, Scope, Watcher

IN_TIME_S = 5
"""Far less than the round of checks; the notification itself takes milliseconds."""


class Streams:
    """Browsers that only listen, one a person; `blocked` are the people who may not watch any more."""

    def __init__(self, settings: Config) -> None:
        self.app = LiveApp(settings, self.companies_of, self.visible_of)
        self.blocked: set[int] = set()
        self.started = asyncio.Semaphore(0)

    async def companies_of(self, scope: Scope) -> Watcher | None:
        return None if scope["person"] in self.blocked else Watcher(scope["person"], frozenset({4711}))

    async def visible_of(self, companies: Collection[int]) -> dict[int, frozenset[str]]:
        return dict.fromkeys(companies, frozenset())

    async def open(self, person: int) -> "asyncio.Task[None]":
        stream = asyncio.create_task(self.app({"person": person}, self.receive, self.send))
        await self.started.acquire()
        return stream

    async def receive(self) -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message.get("body", b"").startswith(b"retry"):
            self.started.release()


async def _until_heard(connection: psycopg.AsyncConnection[Any]) -> None:
    """The streams' own connection is there: the name of its application stands in the list of connections."""
    async with asyncio.timeout(10):
        while True:
            found = await connection.execute(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = 'live' AND query LIKE 'LISTEN %'"
            )
            if await found.fetchone():
                return
            await asyncio.sleep(0.05)


async def test_a_stream_ends_with_the_persons_access_and_others_go_on(platform: Config) -> None:
    streams = Streams(platform)
    first, second = await streams.open(7), await streams.open(8)
    async with await connector(platform, "kolonne_app", name="test")() as connection:
        await _until_heard(connection)
        streams.blocked.add(8)
        await connection.execute("SELECT pg_notify(%s, %s)", [channels.PEOPLE, "8"])
    await asyncio.wait([second], timeout=IN_TIME_S)
    assert (first.done(), second.done()) == (False, True)
    work = [first, *streams.app._background.values()]
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
