"""Who is thrown out and who is left alone, by what a server tells. The server is played: it fails at will."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, cast

import nats.errors
import pytest
import pytest_asyncio
from nats.aio.client import Client

from kolonne.portal.telemetry.registry.callout import Session
from kolonne.portal.telemetry.registry.sessions import Sessions

SERVER = "SERVERID"


class Reply:
    def __init__(self, data: bytes) -> None:
        self.data = data


class Server:
    """NATS as the system user sees it."""

    is_connected = True

    def __init__(self) -> None:
        self.connections: dict[int, str] = {}
        self.failures = 0
        self.asked: list[dict[str, Any]] = []
        self.slow = asyncio.Event()
        self.slow.set()
        self._replies: asyncio.Queue[Reply] = asyncio.Queue()
        self.messages = self._read()

    def new_inbox(self) -> str:
        return "_INBOX.test"

    async def subscribe(self, subject: str) -> "Server":
        return self

    async def _read(self) -> AsyncIterator[Reply]:
        while True:
            yield await self._replies.get()

    async def publish(self, subject: str, payload: bytes, reply: str = "") -> None:
        if self.failures:
            self.failures -= 1
            raise nats.errors.OutboundBufferLimitError
        assert subject == "$SYS.REQ.SERVER.PING.CONNZ"
        self.say(self._connz(json.loads(payload)))

    def say(self, data: bytes) -> None:
        self._replies.put_nowait(Reply(data))

    def _connz(self, question: dict[str, int]) -> bytes:
        self.asked.append(question)
        page = sorted(self.connections.items())[question["offset"] :][: question["limit"]]
        known = [{"cid": cid, "authorized_user": user} for cid, user in page]
        data = {"total": len(self.connections), "connections": known}
        return json.dumps({"server": {"id": SERVER}, "data": data}).encode()

    async def request(self, subject: str, payload: bytes, **_: float) -> Reply:
        if subject == f"$SYS.REQ.SERVER.{SERVER}.CONNZ":
            # Others get a turn while the answer travels.
            await asyncio.sleep(0)
            return Reply(self._connz(json.loads(payload)))
        assert subject == f"$SYS.REQ.SERVER.{SERVER}.KICK"
        await self.slow.wait()
        self.connections.pop(json.loads(payload)["cid"], None)
        return Reply(b"{}")

    async def until(self, *left: str) -> None:
        """Waits until only these modules are connected."""
        async with asyncio.timeout(2):
            while sorted(self.connections.values()) != sorted(left):  # noqa: ASYNC110
                await asyncio.sleep(0)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest_asyncio.fixture
async def sessions(server: Server) -> AsyncIterator[Sessions]:
    sessions = Sessions(cast(Client, server), page=4)
    work = asyncio.create_task(sessions.run())
    yield sessions
    assert not work.done()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def test_one_question_finds_everybody_page_by_page(server: Server, sessions: Sessions) -> None:
    server.connections = {number: f"MODULE{number:06}" for number in range(10)}
    for number in range(1, 10):
        sessions.end(f"MODULE{number:06}")
    await server.until("MODULE000000")
    assert [question["offset"] for question in server.asked] == [0, 4, 8]


async def test_known_sessions_are_ended_without_a_question(server: Server, sessions: Sessions) -> None:
    server.connections = {1: "MODULE000001", 2: "MODULE000002"}
    server.failures = 1
    sessions.opened(Session("MODULE000001", SERVER, 1))
    sessions.end("MODULE000001")
    await server.until("MODULE000002")
    assert not server.asked


async def test_a_module_that_came_back_with_its_new_secret_is_left_alone(server: Server, sessions: Sessions) -> None:
    server.connections = {1: "MODULE000001"}
    sessions.opened(Session("MODULE000001", SERVER, 1))
    sessions.end("MODULE000001")
    await server.until()
    server.connections = {2: "MODULE000001", 3: "MODULE000003"}
    sessions.opened(Session("MODULE000001", SERVER, 2))
    sessions.end("MODULE000003")
    await server.until("MODULE000001")
    assert server.connections == {2: "MODULE000001"}


async def test_what_nats_refuses_or_says_wrongly_ends_nothing(server: Server, sessions: Sessions) -> None:
    server.failures = 1
    sessions.end("MODULE000001")
    async with asyncio.timeout(2):
        while server.failures:  # noqa: ASYNC110
            await asyncio.sleep(0)
    server.say(b"{")
    server.say(b'{"server":{"id":"OTHER"},"error":{"code":500}}')
    server.connections = {1: "MODULE000001"}
    sessions.end("MODULE000002")
    await server.until()


async def test_locking_out_never_waits_for_a_slow_server(server: Server, sessions: Sessions) -> None:
    server.connections = {number: f"MODULE{number:06}" for number in range(100)}
    server.slow.clear()
    for number, serial in list(server.connections.items()):
        sessions.opened(Session(serial, SERVER, number))
        sessions.end(serial)
    await asyncio.sleep(0)
    assert len(server.connections) == 100
    server.slow.set()
    await server.until()
