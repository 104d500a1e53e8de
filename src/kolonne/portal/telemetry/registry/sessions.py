"""Ends the live sessions of modules that were locked out.

Sessions that this process let in are ended at once. For all others the servers are asked for everybody in the modules'
account, with one question however many modules were locked out. All that happens in tasks of its own: whoever locks
out never waits.
"""

import asyncio
import time
from collections import OrderedDict
from contextlib import suppress

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client

from kolonne.portal.telemetry.registry import metrics
from kolonne.portal.telemetry.registry.callout import ACCOUNT, Session

log = structlog.get_logger()

_REMEMBERED = 200_000
_AGAIN_S = 30.0
"""A connection that was let in a moment before its module was locked out may appear only now."""
_EVERY_S = 5.0
_REST_S = 0.2
"""Lock-outs that come within this time share a question."""
_KICKERS = 32
_PAGE = 16_384
"""Connections in one answer of a server, about 10 MB; so many that most fleets fit into one."""
_ANSWER_S = 2.0
_FIND = "$SYS.REQ.SERVER.{server}.CONNZ"
_KICK = "$SYS.REQ.SERVER.{server}.KICK"
_ALL = "PING"


class _Server(msgspec.Struct):
    id: str


class _Connection(msgspec.Struct):
    cid: int
    authorized_user: str = ""


class _Page(msgspec.Struct):
    total: int = 0
    connections: list[_Connection] = []


class _Found(msgspec.Struct):
    """A server's answer; it holds no page when the server knows nothing of the account."""

    server: _Server
    data: _Page = msgspec.field(default_factory=_Page)


_decode = msgspec.json.Decoder(_Found).decode


class Sessions:
    """Knows which connection each module has, if this process let it in, and asks the servers otherwise."""

    def __init__(self, system: Client, *, page: int = _PAGE) -> None:
        self._system = system
        self._page = page
        self._inbox = system.new_inbox()
        self._live: OrderedDict[str, Session] = OrderedDict()
        self._watched: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._ending: set[Session] = set()
        # Each session waits here once, so that it never holds more than there are connections.
        self._to_end: asyncio.Queue[Session] = asyncio.Queue()

    def opened(self, session: Session) -> None:
        self._live[session.serial] = session
        self._live.move_to_end(session.serial)
        while len(self._live) > _REMEMBERED:
            self._live.popitem(last=False)

    def end(self, serial: str) -> None:
        """Ends the module's session at once, and any that still appears within half a minute."""
        self._watched[serial] = time.monotonic() + _AGAIN_S
        session = self._live.pop(serial, None)
        if session is not None:
            self._end(session)
        self._wake.set()

    async def run(self) -> None:
        """Does the work until cancelled."""
        replies = await self._system.subscribe(self._inbox)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ask())
            for _ in range(_KICKERS):
                tasks.create_task(self._kick_all())
            async for reply in replies.messages:
                try:
                    await self._sort_out(_decode(reply.data))
                except (msgspec.DecodeError, nats.errors.Error) as error:
                    log.warning("sessions cannot be looked up", error=str(error))

    async def _ask(self) -> None:
        """Asks after every lock-out, and again every few seconds while modules are watched."""
        asked = time.monotonic()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S):
                    await self._wake.wait()
            self._wake.clear()
            # Who was asked for after his time is forgotten; while NATS is away nobody is.
            self._watched = {serial: until for serial, until in self._watched.items() if until > asked}
            if not self._watched or not self._system.is_connected:
                continue
            try:
                await self._system.publish(_FIND.format(server=_ALL), self._question(0), reply=self._inbox)
                asked = time.monotonic()
            except nats.errors.Error as error:
                log.warning("sessions cannot be looked up", error=str(error))
            await asyncio.sleep(_REST_S)

    def _question(self, offset: int) -> bytes:
        return msgspec.json.encode({"auth": True, "acc": ACCOUNT, "limit": self._page, "offset": offset})

    async def _sort_out(self, found: _Found) -> None:
        """Ends nobody before all pages are there: each end moves all later connections one place up."""
        server, page = found.server.id, found.data
        total, connections = page.total, list(page.connections)
        while len(page.connections) >= self._page:
            question = self._question(len(connections))
            reply = await self._system.request(_FIND.format(server=server), question, timeout=_ANSWER_S)
            page = _decode(reply.data).data
            connections += page.connections
        if page.total < total:
            # Somebody left by himself meanwhile, and somebody may have moved past us.
            self._wake.set()
        for one in connections:
            session = Session(one.authorized_user, server, one.cid)
            # Whom this process let in since the lock-out has the module's new secret.
            if session.serial in self._watched and self._live.get(session.serial) != session:
                self._end(session)

    def _end(self, session: Session) -> None:
        if session not in self._ending:
            self._ending.add(session)
            self._to_end.put_nowait(session)

    async def _kick_all(self) -> None:
        while True:
            session = await self._to_end.get()
            try:
                await self._kick(session)
            finally:
                self._ending.discard(session)

    async def _kick(self, session: Session) -> None:
        question = msgspec.json.encode({"cid": session.client_id})
        try:
            await self._system.request(_KICK.format(server=session.server_id), question, timeout=_ANSWER_S)
        except nats.errors.Error as error:
            log.warning("a session could not be ended", serial=session.serial, error=str(error))
            return
        metrics.KICKED.inc()
        log.info("session ended", serial=session.serial)
