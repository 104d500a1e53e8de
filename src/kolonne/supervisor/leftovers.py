"""What a platform that was killed left behind.

The kernel ends the programs of a killed supervisor, but not what those programs had started themselves. The status
file of the last run names their process groups; a process counts as ours when its environment or its title says so,
because numbers of processes are used again. (A program that writes its own title overwrites its environment.)
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil

from kolonne.config import Config

POSTGRES = "postgres"
"""Is never killed as a leftover: it stops by itself, and killing it costs a recovery."""


def end(config: Config) -> None:
    """Kills the leftovers and waits until they are gone, five seconds at most."""
    deadline = time.monotonic() + 5
    while (left := list(_find(config))) and time.monotonic() < deadline:
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _find(config: Config) -> Iterator[int]:
    groups = _groups(config)
    if not groups:
        return
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError, OSError):
            ours = os.getpgid(process.pid) in groups and process.status() != psutil.STATUS_ZOMBIE
            if ours and (process.environ().get("KOLONNE_DATA") == str(config.data) or _has_title(process)):
                yield process.pid


def _has_title(process: psutil.Process) -> bool:
    return "".join(process.cmdline()).startswith("kolonne-")


def _groups(config: Config) -> set[int]:
    try:
        programs = json.loads((config.data / "status.json").read_text(encoding="utf-8"))["programs"]
        return {entry["pid"] for entry in programs if entry["pid"] and entry["name"] != POSTGRES}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
