"""One module: readings in, telemetry out, commands obeyed. Dozens of agents fit into one process."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kolonne import __version__
from kolonne.module.commands import CommandDesk, Self
from kolonne.module.ledger import LastReply, Ledger
from kolonne.module.link import Link
from kolonne.module.log import Log
from kolonne.module.outbox import Limits, Outbox
from kolonne.module.points import Coming, Point
from kolonne.module.profile import ProfileDesk
from kolonne.module.sources import Reading, Recorded, Source, Van
from kolonne.module.store import Store, module_key_bytes
from kolonne.module.transport import Connect, Message
from kolonne.wire import cose, subjects
from kolonne.wire.commands import OWN_KINDS
from kolonne.wire.messages import Hello

T = TypeVar("T")

POINTS_PER_COMMIT = 500
READINGS_PER_TURN = 200
"""A recording that is read as fast as possible lets others run after so many rows."""
COMMANDS_WAITING = 16
REMINDED_S = 120.0
SETTLE_S = 1.0

_threads = ThreadPoolExecutor(4, thread_name_prefix="store")


def session_clock_ms() -> int:
    """Milliseconds that also pass while the computer sleeps, so that a command expires then too."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) // 1_000_000


@dataclass(frozen=True)
class AgentSettings:
    """Who the module is and where it keeps its readings."""

    serial: str
    command_key: bytes
    """Public key of the platform's signer, pinned: 32 bytes."""
    store: Path
    limits: Limits = field(default_factory=Limits)
    commit_s: float = 0.1
    """Readings of this time share one commit; more spares a flash memory, less is fresher."""
    again: bool = False
    """Send a recording anew that this store has sent before."""


@dataclass
class Tally:
    """What became of the readings of this run."""

    readings: int = 0
    stored: int = 0
    """Put into the outbox; at the end of a recording all of them are with the platform, except for `dropped`."""
    without_wanted: int = 0
    impossible_values: int = 0
    skipped: int = 0
    """Rows of a recording that cannot be read."""
    dropped: int = 0
    """Points that went because the store or the disk was full or damaged, or nobody wanted them any more."""


class Agent:
    """A module with its source and van. `run` ends with a recording, or when it is cancelled."""

    def __init__(
        self, settings: AgentSettings, source: Source, van: Van, *, connect: Connect, random: Random | None = None
    ) -> None:
        """Opens the store. Raises StoreError."""
        self.settings = settings
        self.tally = Tally()
        self._source = source
        self._van = van
        self._log = Log(__name__, serial=settings.serial)
        self._store = Store(settings.store)
        self.outbox = Outbox(self._store, settings.limits)
        self._dropped_before = self._dropped_seen = self.outbox.dropped_in_all
        self._ledger = Ledger(self._store)
        self._disk = asyncio.Lock()
        self._pending = Coming()
        self._writing = Coming()
        self._mark = ""
        self._flush_wanted = asyncio.Event()
        self._commands: asyncio.Queue[bytes] = asyncio.Queue(COMMANDS_WAITING)
        self._replies: deque[tuple[int, bytes]] = deque(maxlen=COMMANDS_WAITING)
        self._profiles = ProfileDesk(
            self._store,
            self.outbox,
            on_disk=self._on_disk,
            flush=self._flush,
            ask_again=self._ask_again,
            log=self._log,
        )
        self._identify()
        self._link = Link(
            connect,
            self.outbox,
            on_disk=self._on_disk,
            hello=self._hello,
            reminders=self._reminders,
            receivers={subjects.PROFILE: self._profiles.receive, subjects.COMMAND: self._on_command},
            random=random or Random(os.urandom(8)),  # noqa: S311  # jitter, no secret
            log=self._log,
        )

    @property
    def obeys(self) -> dict[str, float]:
        """Signals that are collected at present, with their smallest intervals in seconds."""
        return dict(self._profiles.selection.profile.signals)

    def _identify(self) -> None:
        """Own key, and the boot that the session clock counts from."""
        key = Ed25519PrivateKey.from_private_bytes(module_key_bytes(self.settings.store))
        boot = os.urandom(8).hex()
        self._booted_ms = session_clock_ms()
        self._own = Self(self.settings.serial, boot, self.settings.command_key, key)
        self._desk = CommandDesk(
            self._own,
            self._ledger,
            self._van,
            epoch=lambda: self._store.epoch,
            session_ms=self._session_ms,
            on_disk=self._on_disk,
            say=self._say_reply,
            wipe=self._wipe,
        )

    async def run(self) -> Tally:
        """Collects, sends and obeys. Raises StoreError and SourceError, as a group with what else failed."""
        try:
            async with asyncio.TaskGroup() as tasks:
                services = [tasks.create_task(work()) for work in (self._link.run, self._obey, self._commit)]
                await self._collect()
                for service in services:
                    service.cancel()
        finally:
            await self._close()
        return self.tally

    async def _collect(self) -> None:
        recorded = self._source if isinstance(self._source, Recorded) else None
        if recorded is not None:
            if not self.settings.again:
                recorded.resume(await self._on_disk(self._store.note, "mark"))
            await self._profiles.first()
        async for reading in self._source:
            self._take(reading)
            if recorded is not None and not self.outbox.is_roomy(self._pending, self._writing):
                await self._await_room()
            elif len(self._pending.points) >= POINTS_PER_COMMIT:
                await self._flush()
            elif self.tally.readings % READINGS_PER_TURN == 0:
                await asyncio.sleep(0)
        self.tally.skipped = recorded.skipped if recorded is not None else 0
        await self._drain()

    def _take(self, reading: Reading) -> None:
        self.tally.readings += 1
        self._mark = reading.mark
        chosen = self._profiles.selection.choose(reading.t_ms, reading.signals)
        if not chosen:
            self.tally.without_wanted += 1
            return
        self.tally.stored += 1
        self._pending.add(Point(reading.t_ms, chosen))
        self._flush_wanted.set()

    async def _commit(self) -> None:
        """One transaction for the readings of a moment; now and then the acknowledged rows go too."""
        while True:
            try:
                async with asyncio.timeout(SETTLE_S):
                    await self._flush_wanted.wait()
            except TimeoutError:
                if self.outbox.has_acknowledged_rows:
                    await self._on_disk(self.outbox.settle)
                continue
            await self._flush()
            await asyncio.sleep(self.settings.commit_s)

    async def _flush(self) -> None:
        """What is pending is taken only when it is its turn: whoever is cancelled while he waits for it takes nothing
        along, and the mark never gets ahead of the points."""
        self._flush_wanted.clear()
        await self._disk.acquire()
        if not self._pending.points:
            self._disk.release()
            return
        self._writing, self._pending = self._pending, Coming()
        await self._apart(self.outbox.append, self._writing.points, self._mark)
        self._link.wake()

    async def _await_room(self) -> None:
        await self._flush()
        while not self.outbox.is_roomy():
            await self._link.progress.wait()
            self._link.progress.clear()
            await self._on_disk(self.outbox.settle)

    async def _drain(self) -> None:
        """Until everything is acknowledged. The mark stays: a recording that is started once more, be it after a crash
        in this very moment, is not sent twice."""
        await self._flush()
        while not await self._on_disk(self.outbox.is_drained):
            await self._link.progress.wait()
            self._link.progress.clear()
        await self._on_disk(self.outbox.settle)

    async def _wipe(self, command_id: str, counter: int, reply: LastReply) -> None:
        """What is in memory goes with what is on disk."""
        await self._disk.acquire()
        self._pending, self._mark = Coming(), ""
        self._profiles.forget()
        await self._apart(self.outbox.wipe, command_id, counter, reply)
        self._dropped_before = self._dropped_seen = self.outbox.dropped_in_all
        self._link.begin_anew()
        self._link.progress.set()

    def _ask_again(self) -> None:
        self._link.ask_again()

    async def _on_command(self, payload: bytes) -> None:
        try:
            self._commands.put_nowait(payload)
        except asyncio.QueueFull:
            # The platform sends an unanswered command again; a flood must not use up memory.
            self._log.warning("command ignored", reason="too many at once")

    async def _obey(self) -> None:
        while True:
            await self._desk.receive(await self._commands.get())

    async def _say_reply(self, message: bytes) -> None:
        self._replies.append((self._session_ms(), message))
        await self._link.say(Message(subjects.REPLY, message))

    def _reminders(self) -> list[Message]:
        """Replies of the last minutes, said again on a new connection because they may have been lost with the old."""
        since = self._session_ms() - int(REMINDED_S * 1000)
        return [Message(subjects.REPLY, message) for at, message in self._replies if at >= since]

    async def _hello(self) -> bytes:
        hello = Hello(
            serial=self.settings.serial,
            agent=f"kolonne-module/{__version__}",
            epoch=self._store.epoch,
            boot=self._own.boot,
            clock_ms=self._session_ms(),
            counter=await self._on_disk(lambda: self._ledger.counter),
            key=self._own.own_key.public_key().public_bytes_raw(),
            capabilities=sorted(self._van.capabilities | OWN_KINDS.keys()),
        )
        return cose.sign(msgspec.to_builtins(hello, builtin_types=(bytes,)), key=self._own.own_key, purpose="hello")

    def _session_ms(self) -> int:
        return session_clock_ms() - self._booted_ms

    async def _on_disk(self, function: Callable[..., T], *args: Any) -> T:
        """One call at a time, apart from the event loop; a cancelled caller does not let the next one in early."""
        await self._disk.acquire()
        return await self._apart(function, *args)

    async def _apart(self, function: Callable[..., T], *args: Any) -> T:
        """The call itself, for whoever holds the disk, which is free afterwards."""
        try:
            work = asyncio.get_running_loop().run_in_executor(_threads, function, *args)
        except BaseException:
            self._disk.release()
            raise
        work.add_done_callback(lambda _: self._after_disk())
        return await asyncio.shield(work)

    def _after_disk(self) -> None:
        self._writing = Coming()
        self._disk.release()
        if self.outbox.dropped_in_all != self._dropped_seen:
            # Whoever waits for points to be acknowledged must look again: these never will be.
            self._dropped_seen = self.outbox.dropped_in_all
            self._link.progress.set()

    async def _close(self) -> None:
        try:
            await self._flush()
        finally:
            self.tally.impossible_values = self._profiles.impossible_values
            self.tally.dropped = self.outbox.dropped_in_all - self._dropped_before
            await self._on_disk(self._store.close)
