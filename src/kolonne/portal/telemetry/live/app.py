"""`GET /api/v1/live`: a raw ASGI application, because a stream per browser must cost next to nothing.

Events: `vans` (`{"vans": [{"id", "signals": {name: [value, t_ms, since_ms]}}]}`, only what changed), `command` (one
step of a command's life), `resync` (changes may have been missed: take a new snapshot), `ping` (after 15 quiet seconds:
keeps proxies patient, and tells browsers that the stream is alive).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from kolonne.config import Config
from kolonne.portal.telemetry.database import connector
from kolonne.portal.telemetry.live.access import follow
from kolonne.portal.telemetry.live.client import Client
from kolonne.portal.telemetry.live.forever import for_ever
from kolonne.portal.telemetry.live.hub import Hub
from kolonne.portal.telemetry.live.source import listen

log = structlog.get_logger()

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEARTBEAT_S = 15.0
RECHECK_S = 30.0
LOOK_AGAIN_S = 1.0
MAX_STREAMS_A_USER = 20
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who asks, and the companies whose vans he may see."""

    user_id: int
    companies: frozenset[int]


CompaniesOf = Callable[[Scope], Awaitable[Watcher | None]]
"""Tells from the request's cookies who asks; None if nobody is signed in, or he may see no vans."""

VisibleOf = Callable[[Collection[int]], Awaitable[dict[int, frozenset[str]]]]
"""Tells which signals each of these companies sees of its vans (VH-05)."""


class LiveApp:
    """One hub and its browsers. Starts with the first request, in that request's event loop."""

    def __init__(self, config: Config, companies_of: CompaniesOf, visible_of: VisibleOf) -> None:
        self._config = config
        self._companies_of = companies_of
        self._visible_of = visible_of
        self._changed: dict[int, bool] = {}
        self._something_changed = asyncio.Event()
        self._hub = Hub()
        self._streams: dict[int, set[Client]] = {}
        self._connect = connector(config, "kolonne_app", name="live")
        self._background: dict[str, asyncio.Task[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._start()
        watcher = await self._companies_of(scope)
        if watcher is None:
            await _refuse(send, 401, b'{"type":"about:blank","title":"Sign in first","status":401}')
            return
        mine = self._streams.setdefault(watcher.user_id, set())
        if len(mine) >= MAX_STREAMS_A_USER:
            await _refuse(send, 429, b'{"type":"about:blank","title":"Too many live streams","status":429}')
            return
        client = Client()
        mine.add(client)
        try:
            await self._serve(scope, watcher, client, receive, send)
        finally:
            mine.discard(client)
            if not mine and self._streams.get(watcher.user_id) is mine:
                del self._streams[watcher.user_id]

    def _doubt(self, user_id: int | None) -> None:
        """Asks anew for one person, or for everybody when notifications may have been missed."""
        for watching, clients in self._streams.items():
            if user_id in {None, watching}:
                for client in clients:
                    client.doubt()

    def _note_change(self, company: int | None, *, van_left: bool) -> None:
        for one in self._hub.watched if company is None else [company]:
            self._changed[one] = van_left or self._changed.get(one, False)
        self._something_changed.set()

    async def _look_again(self) -> None:
        """What is visible of companies whose services changed; at most once a second, however much changes."""
        while True:
            await self._something_changed.wait()
            await asyncio.sleep(LOOK_AGAIN_S)
            self._something_changed.clear()
            changed, self._changed = self._changed, {}
            try:
                await self._look({one: anew for one, anew in changed.items() if one in self._hub.watched})
            except BaseException:
                # The database was away: what is watched is looked at when this starts again.
                self._note_change(None, van_left=True)
                raise

    async def _look(self, companies: Mapping[int, bool]) -> None:
        """Tells the hub what is visible; pages of companies with True take a new snapshot in any case."""
        if companies:
            for company, signals in (await self._visible_of(list(companies))).items():
                self._hub.show(company, signals, anew=companies[company])

    def _start(self) -> None:
        work = {
            "tick": self._hub.run,
            "listen": lambda: listen(self._config, self._hub),
            "access": lambda: follow(self._connect, self._doubt, self._note_change),
            "services": self._look_again,
        }
        for name, one in work.items():
            if name not in self._background or self._background[name].done():
                self._background[name] = asyncio.create_task(for_ever(name, one))

    async def _serve(self, scope: Scope, watcher: Watcher, client: Client, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
        gone = asyncio.create_task(_until_gone(receive))
        stream = asyncio.create_task(self._stream(scope, watcher, client, send))
        try:
            await asyncio.wait((gone, stream), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            stream.cancel()
            with suppress(asyncio.CancelledError, OSError, RuntimeError):
                await stream
        if not gone.done() or gone.cancelled():
            with suppress(OSError, RuntimeError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _stream(self, scope: Scope, watcher: Watcher, client: Client, send: Send) -> None:
        """Until the browser goes or its user may no longer watch."""
        self._hub.watch(client, watcher.companies)
        check_at = time.monotonic() + RECHECK_S
        try:
            # After the hub knows that somebody watches: what changes from now on is looked at again.
            await self._look(dict.fromkeys(watcher.companies, False))
            while True:
                piece = b"event: ping\ndata: {}\n\n"
                with suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_S):
                        piece = await client.next()
                if client.is_doubted or time.monotonic() >= check_at:
                    client.is_doubted = False
                    check_at = time.monotonic() + RECHECK_S
                    if await self._companies_of(scope) != watcher:
                        return  # Signed out, blocked, or with other companies: the browser comes back and is asked.
                if piece:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            self._hub.leave(client, watcher.companies)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send, status: int, problem: bytes) -> None:
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": problem, "more_body": False})
