"""The loop: collect, commit, acknowledge; and what happens when the database or the broker is away."""

import asyncio
import time
from collections import deque

import psycopg
import structlog

from kolonne.portal.telemetry.database import Connect
from kolonne.portal.telemetry.ingest import metrics, store
from kolonne.portal.telemetry.ingest.binding import Bindings
from kolonne.portal.telemetry.ingest.broker import Broker, Message, publish
from kolonne.portal.telemetry.ingest.draft import Draft
from kolonne.portal.telemetry.ingest.drafting import Drafter
from kolonne.portal.telemetry.ingest.feed import INTERVAL_S, Feed
from kolonne.wire.messages import encode_json

log = structlog.get_logger()

FLOOR_S = 0.02
"""Shortest time from the start of one flush to the start of the next; the first point after a pause waits for none."""
MESSAGES_A_FLUSH = 5_000
MESSAGE_BYTES = 200
"""What a message takes in memory beside its payload: its subject, a tuple, and the heads of both strings."""
INBOX_BYTES = 64 * 1024 * 1024
"""While the database is away, the oldest messages beyond this are dropped: their modules send them again."""


class Inbox:
    """Messages that wait for a flush, bounded by the memory that they take."""

    def __init__(self, bound: int = INBOX_BYTES) -> None:
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._bound = bound
        self.arrived = asyncio.Event()

    def deliver(self, batch: list[Message]) -> None:
        metrics.MESSAGES.inc(len(batch))
        self._messages.extend(batch)
        self._bytes += _size(batch)
        while self._bytes > self._bound:
            self._bytes -= _size([self._messages.popleft()])
            metrics.SHED.inc()
        self.arrived.set()

    def take(self, most: int) -> list[Message]:
        taken = [self._messages.popleft() for _ in range(min(most, len(self._messages)))]
        self._bytes -= _size(taken)
        if not self._messages:
            self.arrived.clear()
        return taken


class Pipeline:
    """One writer. A second one on the same modules is harmless: cursors let only one of them commit."""

    def __init__(self, broker: Broker, bindings: Bindings, connect: Connect) -> None:
        self.inbox = Inbox()
        self._broker = broker
        self._drafter = Drafter(bindings)
        self._feed = Feed(broker, self._drafter.states)
        self._connect = connect

    async def run(self) -> None:
        """Flushes until cancelled; reconnects to the database for as long as it takes."""
        wait = 0.1
        while True:
            try:
                async with await self._connect() as connection:
                    log.info("connected to the database")
                    wait = 0.1
                    self._drafter.forget_all()
                    await self._flush_for_ever(connection)
            except (psycopg.Error, OSError) as error:
                metrics.FLUSHES.labels("failed").inc()
                log.warning("the database is away", error=str(error).strip(), retry_s=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 2)

    async def _flush_for_ever(self, connection: store.Connection) -> None:
        while True:
            try:
                async with asyncio.timeout(INTERVAL_S):
                    await self.inbox.arrived.wait()
            except TimeoutError:
                self._feed.publish_due()
                continue
            started = time.perf_counter()
            await self.flush(connection, self.inbox.take(MESSAGES_A_FLUSH))
            self._feed.publish_due()
            self._drafter.states.trim()
            elapsed = time.perf_counter() - started
            metrics.FLUSH_SECONDS.observe(elapsed)
            await asyncio.sleep(max(0.0, FLOOR_S - elapsed))

    async def flush(self, connection: store.Connection, messages: list[Message], *, renewed: bool = False) -> None:
        """Commits and acknowledges. Raises psycopg.Error and OSError if the database is to blame, and nobody was told
        anything. `renewed`: the senders of these messages were read again a moment ago."""
        try:
            await self._store(connection, await self._drafter.draft(connection, messages, _now_ms()))
        except store.Overtaken as error:
            metrics.FLUSHES.labels("overtaken").inc()
            log.warning("another ingest is at work", error=str(error))
        except store.Changing as error:
            metrics.FLUSHES.labels("set aside").inc()
            log.info("services change", modules=len(error.modules))
            # Whom it concerns sends again, and is judged by what holds then.
            rest = await self._drafter.set_aside(connection, messages, error.modules)
            if len(rest) < len(messages):
                await self.flush(connection, rest, renewed=renewed)
        except Exception as error:
            if _is_the_databases_fault(error):
                raise
            metrics.FLUSHES.labels("failed").inc()
            log.warning("a flush fails", messages=len(messages), error=_told(error))
            await self._divide(connection, messages, error, renewed=renewed)

    async def _store(self, connection: store.Connection, draft: Draft) -> None:
        """Commits and acknowledges a draft, or forgets it."""
        try:
            if not draft.is_empty:
                await store.commit(connection, draft)
        except BaseException:
            self._drafter.forget(draft)
            raise
        self._committed(draft)

    def _committed(self, draft: Draft) -> None:
        metrics.FLUSHES.labels("committed").inc()
        metrics.POINTS.inc(len(draft.rows))
        for key, count in draft.refusals.items():
            metrics.REFUSED.labels(key.reason).inc(count)
        self._feed.note(draft)
        # Acknowledgements that cannot be sent are not kept: the module repeats, and is told then.
        self._broker.send(b"".join([_ack(serial, *ack) for serial, ack in draft.acks.items()]))

    async def _divide(
        self, connection: store.Connection, messages: list[Message], error: Exception, *, renewed: bool
    ) -> None:
        """Something in these messages cannot be stored: finds the one, so that no module can stop the others."""
        if len(messages) > 1:
            middle = len(messages) // 2
            await self.flush(connection, messages[:middle], renewed=renewed)
            await self.flush(connection, messages[middle:], renewed=renewed)
        elif isinstance(error, psycopg.IntegrityError) and not renewed:
            # Most likely its van was removed or changed hands, and we did not hear of it yet.
            await self._drafter.renew(connection, messages[0])
            await self.flush(connection, messages, renewed=True)
        else:
            await self._bury(connection, messages[0], error)

    async def _bury(self, connection: store.Connection, message: Message, error: Exception) -> None:
        """Keeps a message that cannot be stored as a dead letter, and acknowledges it: its module must not repeat it
        for ever."""
        subject = message[0].decode("ascii", "replace")
        trace = None if isinstance(error, psycopg.Error) else error
        log.error("a message cannot be stored", subject=subject, error=_told(error), exc_info=trace)
        try:
            draft = await self._drafter.letter(connection, message, f"it cannot be stored: {_told(error)}", _now_ms())
            await self._store(connection, draft)
        except Exception as worse:
            if _is_the_databases_fault(worse):
                raise
            log.exception("a dead letter cannot be kept", subject=subject)


def _is_the_databases_fault(error: Exception) -> bool:
    """Whether it is away, full, or not what we expect; otherwise a message is to blame, or our code."""
    refused = isinstance(error, (psycopg.DataError, psycopg.IntegrityError))
    return isinstance(error, (psycopg.Error, OSError)) and not refused


def _told(error: Exception) -> str:
    """Without PostgreSQL's detail, which quotes whole rows."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__}: {primary or error}".strip()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _size(messages: list[Message]) -> int:
    return sum(len(payload) for _, payload in messages) + MESSAGE_BYTES * len(messages)


def _ack(serial: str, epoch: int | str, sequence: int) -> bytes:
    return publish(b"m.%b.down.ack" % serial.encode(), b'{"e":%b,"s":%d}' % (encode_json(epoch), sequence))
