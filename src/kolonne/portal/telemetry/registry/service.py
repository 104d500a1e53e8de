"""The registry at work: answers, ends, hears, tells; its parts are pure or small."""

import asyncio
import time
from typing import Any

import nats.errors
import psycopg
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from kolonne.portal.lib import channels
from kolonne.portal.telemetry.database import READ_AGAIN_S, Connect
from kolonne.portal.telemetry.registry import hello, metrics
from kolonne.portal.telemetry.registry.callout import Callout
from kolonne.portal.telemetry.registry.index import Changes, Entry, Index
from kolonne.portal.telemetry.registry.sessions import Sessions
from kolonne.wire.nkeys import BadKey
from kolonne.wire.subjects import HELLO, PROFILE, down_subject, serial_of, up_subject

log = structlog.get_logger()

_QUEUE = "registry"
_SERVER_CURVE = "Nats-Server-Xkey"
_REVOKED_LATELY = """
    SELECT serial FROM vehicles_module WHERE status = 'revoked' AND revoked_at > now() - interval '25 hours'
"""


class Registry:
    """Serves two kinds of questions and follows the database."""

    def __init__(self, index: Index, callout: Callout, sessions: Sessions, modules: Client, connect: Connect) -> None:
        self._index = index
        self._callout = callout
        self._sessions = sessions
        self._modules = modules
        self._connect = connect
        self._hellos: asyncio.Queue[Msg] = asyncio.Queue(20_000)
        """When it is full, hellos are dropped: a module repeats its hello when it hears no profile."""

    async def listen(self, auth: Client) -> None:
        await auth.subscribe("$SYS.REQ.USER.AUTH", queue=_QUEUE, cb=self._on_question)
        await self._modules.subscribe(up_subject("*", HELLO), queue=_QUEUE, cb=self._on_hello)
        for client in (auth, self._modules):
            await _flush(client)

    async def _on_question(self, message: Msg) -> None:
        try:
            answer = self._callout.answer(message.data, (message.headers or {}).get(_SERVER_CURVE, ""))
        except (BadKey, KeyError, TypeError, ValueError) as error:
            log.warning("not a question of NATS", error=repr(error))
            return
        if answer.session is not None:
            self._sessions.opened(answer.session)
        await message.respond(answer.message)

    async def _on_hello(self, message: Msg) -> None:
        try:
            self._hellos.put_nowait(message)
        except asyncio.QueueFull:
            metrics.HELLOS.labels("dropped").inc()

    async def greet(self) -> None:
        """Handles hellos one by one until cancelled; while the database is away they wait."""
        while True:
            try:
                async with await self._connect() as connection:
                    while True:
                        await self._greet(connection, await self._hellos.get())
            except (psycopg.Error, OSError) as error:
                log.warning("hellos cannot be kept", error=str(error).strip())
            await asyncio.sleep(0.5)

    async def _greet(self, connection: psycopg.AsyncConnection[Any], message: Msg) -> None:
        serial = serial_of(message.subject)
        entry = self._index.get(serial)
        if entry is None or entry.public_key is None:
            # Enrolled, or introduced to another registry, a moment ago.
            await self._apply(await self._index.reload_one(connection, serial))
            entry = self._index.get(serial)
        if entry is None or not entry.may_connect:
            metrics.HELLOS.labels("unknown").inc()
            return
        try:
            await hello.remember(connection, entry, hello.read(message.data, entry))
        except hello.BadHello as error:
            metrics.HELLOS.labels("refused").inc()
            log.warning("hello refused", serial=serial, reason=str(error))
            await hello.count_refusal(connection, entry)
            return
        metrics.HELLOS.labels("accepted").inc()
        await self._tell([entry])

    async def follow(self, loaded: asyncio.Event) -> None:
        """Keeps memory equal to the database until cancelled; sets `loaded` after the first time."""
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute(f"LISTEN {channels.MODULES}")
                    await self._follow(connection, loaded)
            except (psycopg.Error, OSError) as error:
                log.warning("modules cannot be read", error=str(error).strip())
            await asyncio.sleep(0.5)

    async def _follow(self, connection: psycopg.AsyncConnection[Any], loaded: asyncio.Event) -> None:
        first = True
        while True:
            changes = await self._index.reload(connection)
            loaded.set()
            await self._apply(changes)
            if first:
                # What was revoked while nobody followed; older sessions have ended with their permission.
                found = await connection.execute(_REVOKED_LATELY)
                await self._apply(Changes([str(row[0]) for row in await found.fetchall()], []))
                first = False
            until = time.monotonic() + READ_AGAIN_S
            while (left := until - time.monotonic()) > 0:
                # Taken out first: while the generator runs it holds the connection, and a query would wait for ever.
                for note in [note async for note in connection.notifies(timeout=left, stop_after=1)]:
                    await self._apply(await self._index.reload_one(connection, note.payload))

    async def _apply(self, changes: Changes) -> None:
        for serial in changes.locked_out:
            self._sessions.end(serial)
        await self._tell(changes.profiles)

    async def _tell(self, entries: list[Entry]) -> None:
        try:
            for entry in entries:
                await self._modules.publish(down_subject(entry.serial, PROFILE), entry.profile())
                metrics.PROFILES.inc()
        except nats.errors.Error as error:
            # NATS is away, and with it all sessions: who comes back says hello and is told then.
            log.warning("modules cannot be told", error=str(error))


async def _flush(client: Client) -> None:
    """Returns when the server knows of our subscriptions: before that, modules would be refused for want of an answer.
    When it goes away meanwhile, the client subscribes again by itself."""
    while not client.is_closed:
        try:
            await client.flush()
        except nats.errors.Error as error:
            log.warning("nats is away", error=str(error))
            await asyncio.sleep(0.3)
        else:
            return
