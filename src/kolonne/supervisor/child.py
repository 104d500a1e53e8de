"""A child process: its start between fork and exec, its output by lines, its end as something to wait for."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Self

from kolonne.supervisor.sysuser import SystemUser

_PR_SET_PDEATHSIG = 1
_LINE_BYTES = 64 * 1024
_POLL_S = 0.1


class Child:
    """A running program that leads a process group of its own.

    asyncio's own subprocesses count as ended only when every grandchild has closed the output; here the end is the
    end of the process itself.
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @classmethod
    def start(
        cls,
        command: tuple[str, ...],
        *,
        environ: Mapping[str, str],
        orphan_signal: signal.Signals,
        user: SystemUser | None = None,
    ) -> Self:
        """Raises OSError."""
        parent = os.getpid()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            env=dict(environ),
            cwd="/" if user else None,
            start_new_session=True,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            preexec_fn=lambda: die_with_parent(orphan_signal, parent),  # noqa: PLW1509  # one system call, no locks
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it lives; negative is the number of the signal that ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        """Until the process has ended."""
        if self._process.poll() is None:
            await _ended(self._process)
        return self._process.wait()

    async def lines(self) -> AsyncIterator[bytes]:
        """What it prints, until everybody who holds its output has closed it; long lines come in pieces."""
        reader = asyncio.StreamReader(limit=_LINE_BYTES)
        loop = asyncio.get_running_loop()
        pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), self._process.stdout)
        try:
            while line := await _read_line(reader):
                yield line
        finally:
            pipe.close()

    def send(self, number: signal.Signals) -> None:
        """To the process; nothing happens when it is gone."""
        self._process.send_signal(number)

    def kill_group(self) -> None:
        """Ends the process and whatever it started, at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def die_with_parent(orphan_signal: int, parent: int) -> None:
    """In the child between fork and exec: asks the kernel for `orphan_signal` when `parent` is gone."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, orphan_signal, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


async def _ended(process: "subprocess.Popen[bytes]") -> None:
    try:
        handle = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # Not Linux, or an old kernel.
        while process.poll() is None:  # noqa: ASYNC110  # nothing would tell us
            await asyncio.sleep(_POLL_S)
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


async def _read_line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as rest:
        return rest.partial
    except asyncio.LimitOverrunError as error:
        return await stream.readexactly(max(error.consumed, 1))


def _load_prctl() -> Callable[..., int] | None:
    """Looked up once and before any fork; Linux only, elsewhere orphans are found at the next start."""
    if not sys.platform.startswith("linux"):
        return None
    prctl: Callable[..., int] = ctypes.CDLL(None, use_errno=True).prctl
    return prctl


_prctl = _load_prctl()
