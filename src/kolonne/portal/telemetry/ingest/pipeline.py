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
INBOX_BYTES = 64 * 1024 * 1024
"""While the database is away, the oldest messages beyond this are dropped: their modules send them again."""


class Inbox:
    """Messages that wait for a flush, bounded by their bytes."""

    def __init__(self, bound: int = INBOX_BYTES) -> None:
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._bound = bound
        self.arrived = asyncio.Event()

    def deliver(self, batch: list[Message]) -> None:
        metrics.MESSAGES.inc(len(batch))
        self._messages.extend(batch)
        self._bytes += sum(len(payload) for _, payload in batch)
        while self._bytes > self._bound:
            self._bytes -= len(self._messages.popleft()[1])
            metrics.SHED.inc()
        self.arrived.set()

    def take(self, most: int) -> list[Message]:
        taken = [self._messages.popleft() for _ in range(min(most, len(self._messages)))]
        self._bytes -= sum(len(payload) for _, payload in taken)
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

    async def flush(self, connection: store.Connection, messages: list[Message]) -> None:
        """Commits and acknowledges. Raises psycopg.Error if the database is to blame, and nobody was told anything."""
        draft = await self._draft(connection, messages)
        if draft is None:
            return
        try:
            if not draft.is_empty:
                await store.commit(connection, draft)
        except store.Overtaken as error:
            self._drafter.forget(draft)
            metrics.FLUSHES.labels("overtaken").inc()
            log.warning("another ingest is at work", error=str(error))
            return
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            self._drafter.forget(draft)
            await self._divide(connection, messages, error)
            return
        except BaseException:
            self._drafter.forget(draft)
            raise
        self._committed(draft)

    async def _draft(self, connection: store.Connection, messages: list[Message]) -> Draft | None:
        """The draft; None if a message brings this program to its knees. It is then found, and left out, so that one
        module cannot stop the others. Raises psycopg.Error."""
        try:
            return await self._drafter.draft(connection, messages, time.time_ns() // 1_000_000)
        except psycopg.Error:
            raise
        except Exception:
            metrics.FLUSHES.labels("failed").inc()
            if len(messages) == 1:
                log.exception("a message cannot be handled", subject=messages[0][0].decode("ascii", "replace"))
                return None
        middle = len(messages) // 2
        await self.flush(connection, messages[:middle])
        await self.flush(connection, messages[middle:])
        return None

    def _committed(self, draft: Draft) -> None:
        metrics.FLUSHES.labels("committed").inc()
        metrics.POINTS.inc(len(draft.rows))
        for key, count in draft.refusals.items():
            metrics.REFUSED.labels(key.reason).inc(count)
        self._feed.note(draft)
        # Acknowledgements that cannot be sent are not kept: the module repeats, and is told then.
        self._broker.send(b"".join([_ack(serial, *ack) for serial, ack in draft.acks.items()]))

    async def _divide(self, connection: store.Connection, messages: list[Message], error: psycopg.Error) -> None:
        """The database refuses something in these messages: finds the one, so that all others are stored."""
        if len(messages) > 1:
            middle = len(messages) // 2
            await self.flush(connection, messages[:middle])
            await self.flush(connection, messages[middle:])
            return
        log.error("the database refuses a message", error=str(error).strip())
        draft = await self._drafter.draft(connection, messages, time.time_ns() // 1_000_000)
        try:
            await store.commit(connection, self._drafter.bury_whole(draft, messages[0], str(error)))
        except (psycopg.DataError, psycopg.IntegrityError):
            log.exception("a dead letter could not be kept")
        else:
            self._committed(draft)
        finally:
            self._drafter.forget(draft)


def _ack(serial: str, epoch: int | str, sequence: int) -> bytes:
    return publish(b"m.%b.down.ack" % serial.encode(), b'{"e":%b,"s":%d}' % (encode_json(epoch), sequence))
