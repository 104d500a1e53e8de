"""The loops of the signer: wake-ups, one round a second, vans' answers. Each survives a lost server by itself."""

import asyncio
import contextlib
import signal
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import click
import nats.errors
import psycopg
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.public import PrivateKey
from nats.aio.client import Client
from nats.aio.msg import Msg
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from kolonne import config
from kolonne.portal.commands.signer import store
from kolonne.portal.commands.signer.dispatcher import Dispatcher, Keys
from kolonne.portal.commands.signer.issuer import Issuer
from kolonne.portal.lib import broker, channels
from kolonne.wire import subjects

log = structlog.get_logger()

ROUND_S = 1.0
ISSUE_AGAIN_S = 5.0
_GATHER_S = 0.02
WORKERS = 4
INBOX = "_INBOX.signer"
_LOST = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, nats.errors.Error, OSError)


@click.command()
@click.option("--lift-freeze", metavar="NAME", help="Let vans be opened again after a freeze; NAME is who has looked.")
def signer(lift_freeze: str | None) -> None:
    """Sign commands to vans and follow them to their end."""
    configuration = config.load()
    if lift_freeze:
        lifted = asyncio.run(_lift(configuration, lift_freeze))
        click.echo("Vans can be opened again." if lifted else "Nothing was frozen.")
        return
    asyncio.run(run(configuration))


async def run(configuration: config.Config) -> None:
    """Works until SIGTERM or SIGINT, or until the broker has closed for good: the supervisor then starts it anew."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with running(configuration, ended=stopped):
        await stopped.wait()


@contextlib.asynccontextmanager
async def running(configuration: config.Config, ended: asyncio.Event | None = None) -> AsyncIterator[Dispatcher]:
    """The signer at work, for as long as the block lasts; sets `ended` when the broker will not come back."""
    conninfo = _conninfo(configuration)
    async with AsyncConnectionPool(
        conninfo, min_size=2, max_size=WORKERS + 4, kwargs={"autocommit": True}, open=False
    ) as pool:
        client = await broker.connect(configuration, "signer")
        dispatcher = Dispatcher(pool, _keys(configuration), _publisher(client))
        issuer = Issuer.of(configuration)
        # Ids to look at now. When full, a wake-up is dropped: the next round finds what it was for.
        wanted: asyncio.Queue[UUID] = asyncio.Queue(1000)
        # A module has said hello: commands may have waited for it.
        hurry = asyncio.Event()
        answers = await client.subscribe(subjects.up_subject("*", subjects.REPLY), queue="signer")
        unheard = await client.subscribe(f"{INBOX}.*")
        loops: list[Callable[[], Awaitable[None]]] = [
            lambda: _listen(conninfo, wanted, hurry),
            lambda: _issue(conninfo, issuer),
            lambda: _rounds(dispatcher, wanted, hurry),
            lambda: _read_answers(dispatcher, answers.messages),
            lambda: _read_unheard(dispatcher, unheard.messages),
            *[lambda: _work(dispatcher, wanted)] * WORKERS,
        ]
        tasks = [asyncio.ensure_future(_for_ever(one)) for one in loops]
        tasks.append(asyncio.ensure_future(_tell_when_closed(client, ended or asyncio.Event())))
        log.info("signer ready")
        try:
            yield dispatcher
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await client.close()


async def _tell_when_closed(client: Client, ended: asyncio.Event) -> None:
    await broker.until_closed(client)
    log.error("the broker closed for good")
    ended.set()


async def _for_ever(one: Callable[[], Awaitable[None]]) -> None:
    """Starts a loop again when a server was lost or a surprise ended it: no command may stop the others."""
    while True:
        try:
            await one()
        except _LOST as error:
            log.warning("server lost", error=str(error).strip())
        except Exception as error:  # noqa: BLE001  # the edge of a loop
            # The trace as plain text: a pretty one would print the values of variables, a PIN among them.
            log.error("loop failed", trace="".join(traceback.format_exception(error)))
        await asyncio.sleep(1)


async def _listen(conninfo: str, wanted: asyncio.Queue[UUID], hurry: asyncio.Event) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as db:
        await db.execute(f"LISTEN {channels.COMMANDS}")
        async for notice in db.notifies():
            if not notice.payload:
                hurry.set()
                continue
            with contextlib.suppress(asyncio.QueueFull, ValueError):
                wanted.put_nowait(UUID(notice.payload))


async def _issue(conninfo: str, issuer: Issuer) -> None:
    """Certificates, at once when they are asked for; those that nobody was there for, at the next round."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as db:
        await db.execute(f"LISTEN {channels.CERTIFICATES}")
        while True:
            await issuer.issue_waiting(db)
            # Taken out first: while the generator runs it holds the connection.
            _ = [notice async for notice in db.notifies(timeout=ISSUE_AGAIN_S, stop_after=1)]


async def _work(dispatcher: Dispatcher, wanted: asyncio.Queue[UUID]) -> None:
    while True:
        await dispatcher.dispatch(await wanted.get())


async def _rounds(dispatcher: Dispatcher, wanted: asyncio.Queue[UUID], hurry: asyncio.Event) -> None:
    await dispatcher.show_recent()
    while True:
        hurry.clear()
        await dispatcher.expire()
        await dispatcher.resend()
        with contextlib.suppress(asyncio.QueueFull):
            for command_id in await dispatcher.waiting():
                wanted.put_nowait(command_id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ROUND_S):
                await hurry.wait()
                # When a whole fleet comes back at once, its hellos share a round.
                await asyncio.sleep(_GATHER_S)


async def _read_answers(dispatcher: Dispatcher, messages: AsyncIterator[Msg]) -> None:
    async for message in messages:
        await dispatcher.answer(message.subject, message.data)


async def _read_unheard(dispatcher: Dispatcher, messages: AsyncIterator[Msg]) -> None:
    """The broker answers a message that has no listener with the status 503."""
    async for message in messages:
        if (message.headers or {}).get("Status") == "503":
            with contextlib.suppress(ValueError):
                dispatcher.nobody_heard(UUID(message.subject.rpartition(".")[2]))


def _publisher(client: Client) -> Callable[[str, bytes, UUID | None], Awaitable[None]]:
    async def publish(subject: str, payload: bytes, command_id: UUID | None) -> None:
        try:
            await client.publish(subject, payload, reply=f"{INBOX}.{command_id}" if command_id else "")
        except nats.errors.Error as error:
            # Commands are resent and screens ask again: what matters was committed.
            log.warning("publishing failed", subject=subject, error=str(error))

    return publish


def _keys(configuration: config.Config) -> Keys:
    return Keys(
        signing=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(configuration.secret("signer-key"))),
        box=PrivateKey(bytes.fromhex(configuration.secret("signer-box"))),
    )


def _conninfo(configuration: config.Config) -> str:
    endpoints = configuration.endpoints()
    return make_conninfo(
        host=endpoints.postgres_host,
        port=endpoints.postgres_port,
        dbname=endpoints.database,
        user="kolonne_signer",
        password=configuration.secret("postgres-kolonne_signer"),
        application_name="kolonne signer",
    )


async def _lift(configuration: config.Config, by: str) -> int:
    async with await psycopg.AsyncConnection.connect(_conninfo(configuration), autocommit=True) as db:
        connection: Any = db
        return await store.lift_freeze(connection, by)
