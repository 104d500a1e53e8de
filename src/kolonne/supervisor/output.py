"""What programs print: kept in one bounded log file each, and shown on the console of `kolonne up`."""

import queue
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

LOG_BYTES = 10 * 1024 * 1024
"""A log file that grew beyond this becomes `<name>.log.1`, and the one before it is gone."""
BACKLOG_LINES = 5000


class Console:
    """Prints lines from a thread of its own, because a terminal may stand still for hours (Ctrl-S, a pager).

    The backlog is bounded; when it is full, lines are left out here and stand in the log files only.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._lines: queue.Queue[str | None] = queue.Queue(BACKLOG_LINES)
        self._thread = threading.Thread(target=self._print, name="console", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(queue.Full):
            self._lines.put(None, timeout=1)
            self._thread.join(timeout=1)

    def say(self, line: str, *, source: str = "kolonne") -> None:
        try:
            self._lines.put_nowait(f"{source:<9}| {line}\n")
        except queue.Full:
            return

    def _print(self) -> None:
        while (line := self._lines.get()) is not None:
            with suppress(OSError, ValueError):  # Nobody listens any more; the log files still do.
                self._stream.write(line)
                if self._lines.empty():
                    self._stream.flush()


class Log:
    """The log file of one program."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)

    def write(self, line: bytes) -> None:
        """Appends; a full disk costs lines of the log and nothing else."""
        try:
            if self._file.tell() > LOG_BYTES:
                self._rotate()
            self._file.write(line)
        except OSError:
            return

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        self._path.replace(self._path.with_name(self._path.name + ".1"))
        self._file = self._path.open("ab", buffering=0)
