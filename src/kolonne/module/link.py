"""The connection to the platform: hello, telemetry and its acknowledgements, and coming back when it breaks."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Any, cast

import msgspec

from kolonne.module.commands import OnDisk
from kolonne.module.errors import LinkLost
from kolonne.module.flow import Flow
from kolonne.module.log import Log
from kolonne.module.outbox import Outbox
from kolonne.module.points import Batch
from kolonne.module.transport import Connect, Connection, Message
from kolonne.wire import subjects
from kolonne.wire.messages import Ack, Telemetry, encode_msgpack, is_json

SHORTEST_BACKOFF_S, LONGEST_BACKOFF_S = 0.2, 60.0
STEADY_S = 5.0
"""A connection that lived this long, or over which something was stored, was a good one: the next attempt comes
soon again."""
HELLO_UNHEARD_S = 5.0
HELLO_AGAIN_S = 300.0

_json_ack = msgspec.json.Decoder(Ack)
_pack_ack = msgspec.msgpack.Decoder(Ack)


class Link:
    """Keeps one module connected for as long as `run` runs."""

    def __init__(
        self,
        connect: Connect,
        outbox: Outbox,
        *,
        on_disk: OnDisk,
        hello: Callable[[], Awaitable[bytes]],
        reminders: Callable[[], list[Message]],
        receivers: dict[str, Callable[[bytes], Awaitable[None]]],
        random: Random,
        log: Log,
    ) -> None:
        self._connect = connect
        self._outbox = outbox
        self._on_disk = on_disk
        self._hello = hello
        self._reminders = reminders
        self._receivers = {subjects.ACK: self._on_ack} | receivers
        self._random = random
        self._log = log
        self._flow = Flow(outbox.acked, random=random)
        self._wake = asyncio.Event()
        self._connection: Connection | None = None
        self._was_heard = False
        self._begins_anew = False
        self.progress = asyncio.Event()
        """Set with every acknowledgement, or when points are lost; whoever waits for one clears it before looking."""

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    def begin_anew(self) -> None:
        """The store begins a new epoch: the connection ends, and the next hello tells."""
        self._begins_anew = True
        self._wake.set()

    def ask_again(self) -> None:
        """The profile that was heard is no answer: hello is said again."""
        self._was_heard = False

    async def say(self, message: Message) -> bool:
        """Sends at once; False when there is no connection."""
        if self._connection is None:
            return False
        try:
            await self._connection.publish(message)
        except LinkLost:
            return False
        return True

    async def run(self) -> None:
        """Connects, again and again."""
        backoff = SHORTEST_BACKOFF_S
        while True:
            begun, stored = time.monotonic(), self._outbox.acked
            try:
                async with self._connect() as connection:
                    self._log.info("connected")
                    await self._converse(connection)
            except LinkLost as loss:
                self._log.warning("not connected", reason=loss)
            finally:
                self._connection = None
            if time.monotonic() - begun >= STEADY_S or self._outbox.acked > stored:
                backoff = SHORTEST_BACKOFF_S
            await asyncio.sleep(max(SHORTEST_BACKOFF_S, self._random.uniform(0, backoff)))
            backoff = min(LONGEST_BACKOFF_S, backoff * 2)

    async def _converse(self, connection: Connection) -> None:
        self._connection = connection
        self._was_heard = False
        self._flow.restart(self._outbox.acked)
        lost = LinkLost("the connection ended")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(connection))
                tasks.create_task(self._greet(connection))
                tasks.create_task(self._send(connection))
        except* LinkLost as group:
            lost = LinkLost(str(group.exceptions[0]))
        raise lost

    async def _listen(self, connection: Connection) -> None:
        async for message in connection:
            self._was_heard |= message.kind == subjects.PROFILE
            receiver = self._receivers.get(message.kind)
            if receiver is not None:
                await receiver(message.payload)

    async def _greet(self, connection: Connection) -> None:
        """Says hello until the platform answers with a profile, then now and then, as it may have been restarted."""
        await connection.publish(Message(subjects.HELLO, await self._hello()))
        for message in self._reminders():
            await connection.publish(message)
        said = time.monotonic()
        while True:
            await asyncio.sleep(HELLO_UNHEARD_S)
            if not self._was_heard or time.monotonic() - said >= HELLO_AGAIN_S:
                await connection.publish(Message(subjects.HELLO, await self._hello()))
                said = time.monotonic()

    async def _send(self, connection: Connection) -> None:
        while True:
            self._wake.clear()
            if self._begins_anew:
                self._begins_anew = False
                raise LinkLost("a new epoch began")
            self._flow.tick(time.monotonic())
            batch = await self._on_disk(self._outbox.batch, self._flow.cursor) if self._flow.may_send else None
            if batch is None:
                await self._pause()
                continue
            await connection.publish(Message(subjects.TELEMETRY, encoded(batch)))
            self._flow.sent(batch.last, time.monotonic())

    async def _pause(self) -> None:
        """Until there is news, or it is time to send again."""
        at = self._flow.resend_at
        with suppress(TimeoutError):
            async with asyncio.timeout(None if at is None else max(0.0, at - time.monotonic())):
                await self._wake.wait()

    async def _on_ack(self, payload: bytes) -> None:
        try:
            ack = (_json_ack if is_json(payload) else _pack_ack).decode(payload)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            self._log.warning("acknowledgement cannot be read", reason=error)
            return
        if str(ack.epoch) != self._outbox.epoch:
            return
        # Below zero: the platform has never heard of this epoch, so everything from its beginning is to be told.
        sequence = max(0, ack.sequence)
        if sequence > self._outbox.last:
            await self._start_over(sequence)
            return
        self._outbox.acknowledge(sequence)
        self._flow.acknowledged(sequence, time.monotonic())
        self.progress.set()
        self.wake()

    async def _start_over(self, sequence: int) -> None:
        """The platform has points of this epoch that this store never wrote: it was copied back from an older state.

        Going on in this epoch would give used numbers to new points, which the platform would take for duplicates.
        What waited in the copy was there before the platform's points were written: it has them already.
        """
        self._log.error("store is older than the platform's knowledge of it: a new epoch begins", acknowledged=sequence)
        await self._on_disk(self._outbox.renew_epoch, sequence)
        self.progress.set()
        raise LinkLost("a new epoch began")


def encoded(batch: Batch) -> bytes:
    """A telemetry message in MessagePack; points are stored as they are sent."""
    points = cast(Any, [msgspec.Raw(body) for body in batch.bodies])
    return encode_msgpack(Telemetry(batch.epoch, batch.sequence, points, batch.dropped))
