"""One program that is kept running: started, watched, started again when it dies, stopped when asked.

Each program leads a process group of its own, so that Ctrl-C reaches the supervisor only and the stop is orderly, and
so that what a program left behind can be ended with it. The kernel ends programs whose supervisor was killed.
"""

import asyncio
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from kolonne.supervisor.child import Child
from kolonne.supervisor.errors import StartError
from kolonne.supervisor.output import Console, Log
from kolonne.supervisor.sysuser import SystemUser

BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before the next starts of a program that keeps dying; the last one repeats."""
STEADY_S = 3.0
"""Who ran this long is forgiven: the next death is a first one."""
FIRST_START_S = 60.0
"""A program that was never up and keeps dying for this long stops the start of the platform."""
SETTLED_S = 0.3
"""A program that cannot be asked counts as up when it has lived this long."""
PROBE_S = 0.05
RECHECK_S = 5.0
LAST_WORDS_S = 1.0


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    SILENT = "not answering"
    BACKOFF = "starts again"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Program:
    """What shall run. `probe` tells whether it answers; without one, to live is to be well."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    probe: Callable[[], bool] | None = None
    address: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """Sent by the kernel when the supervisor is gone."""
    patience_s: float = 10.0
    """Between the polite stop and SIGKILL."""
    user: SystemUser | None = None


@dataclass
class Supervised:
    """A program with its life so far."""

    program: Program
    log: Log
    console: Console
    changed: Callable[[], None]
    quiet: bool = False
    state: State = State.WAITING
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    restarts: int = 0
    exit_status: int | None = None
    _child: Child | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _up: asyncio.Event = field(default_factory=asyncio.Event)
    _tail: deque[str] = field(default_factory=lambda: deque(maxlen=8))

    def report(self) -> dict[str, Any]:
        """For the status file."""
        alive = self._child is not None and self._child.exit_status is None
        return {
            "name": self.program.name,
            "pid": self._child.pid if self._child is not None and alive else None,
            "state": self.state.value,
            "since": self.since.isoformat(timespec="milliseconds"),
            "restarts": self.restarts,
            "exit_status": self.exit_status,
            "address": self.program.address,
        }

    async def run(self) -> None:
        """Keeps the program running until `stop`. Raises StartError when it was never up and keeps dying."""
        with closing(self.log):
            await self._keep_running()
        self._enter(State.STOPPED)

    async def _keep_running(self) -> None:
        born, deaths = time.monotonic(), 0
        while not self._stopping.is_set():
            started = time.monotonic()
            await self.run_once()
            if self._stopping.is_set():
                break
            deaths = 1 if time.monotonic() - started > STEADY_S else deaths + 1
            if not self._up.is_set() and time.monotonic() - born > FIRST_START_S:
                raise StartError(f"{self.program.name} does not start: " + " / ".join(self._tail))
            await self._pause(BACKOFF_S[min(deaths, len(BACKOFF_S)) - 1])

    async def run_once(self) -> None:
        """From its start to its end, whatever that is."""
        try:
            program = self.program
            self._child = child = Child.start(
                program.command, environ=program.environ, orphan_signal=program.orphan_signal, user=program.user
            )
        except OSError as error:
            self._keep(str(error).encode())
            return
        self._enter(State.STARTING)
        watch, copy = asyncio.create_task(self._watch()), asyncio.create_task(self._copy_output(child))
        try:
            self.exit_status = await child.wait()
            child.kill_group()
            await asyncio.wait({copy}, timeout=LAST_WORDS_S)
        finally:
            child.kill_group()
            watch.cancel()
            copy.cancel()

    async def wait_up(self) -> None:
        """Until the program has answered for the first time."""
        await self._up.wait()

    async def stop(self) -> None:
        """Asks politely, waits, then kills; returns when nothing of the program is left."""
        self._stopping.set()
        child = self._child
        if child is None or child.exit_status is not None:
            return
        child.send(self.program.stop_signal)
        try:
            async with asyncio.timeout(self.program.patience_s):
                await child.wait()
        except TimeoutError:
            self.console.say(f"{self.program.name} does not stop, so it is killed")
        self.kill()
        await child.wait()

    def kill(self) -> None:
        """Ends the program and whatever it started, at once."""
        if self._child is not None:
            self._child.kill_group()

    async def _watch(self) -> None:
        """Moves between the states while the program lives."""
        if self.program.probe is None:
            await asyncio.sleep(SETTLED_S)
        while True:
            if self.program.probe is None or await asyncio.to_thread(self.program.probe):
                self._enter(State.RUNNING)
                self._up.set()
            elif self.state is State.RUNNING:
                self._enter(State.SILENT)
            await asyncio.sleep(RECHECK_S if self.state is State.RUNNING else PROBE_S)

    async def _copy_output(self, child: Child) -> None:
        async for line in child.lines():
            self._keep(line)

    def _keep(self, line: bytes) -> None:
        self.log.write(line if line.endswith(b"\n") else line + b"\n")
        text = line.decode(errors="replace").rstrip()
        self._tail.append(text)
        if not self.quiet:
            self.console.say(text, source=self.program.name)

    async def _pause(self, seconds: float) -> None:
        self.restarts += 1
        self._enter(State.BACKOFF)
        self.console.say(f"{self.program.name} ended ({_words(self.exit_status)}), starts again in {seconds:g} s")
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _enter(self, state: State) -> None:
        if state is not self.state:
            self.state, self.since = state, datetime.now(UTC)
            self.changed()


def _words(exit_status: int | None) -> str:
    if exit_status is not None and exit_status < 0:
        return signal.Signals(-exit_status).name
    return f"status {exit_status}"
