"""A data directory of one's own, and a platform on it that can be killed without harm to other tests."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kolonne import config
from kolonne.config import Config
from kolonne.supervisor import files
from kolonne.supervisor.child import die_with_parent

PATIENCE_S = 60.0

SCRIPT = """
import os, sys
from kolonne import config
from kolonne.supervisor.processes import Program
from kolonne.supervisor.up import Plan, run
command = (sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)")
run(config.load(), Plan([Program("sleeper", command, os.environ)], migrate=False))
"""


@pytest.fixture
def own_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """Settings with an empty data directory, reachable for PostgreSQL's user (pytest's own are not), and free ports."""
    parent = Path(tempfile.mkdtemp(prefix="kolonne-test-", dir="/tmp"))
    parent.chmod(files.TRAVERSABLE)
    monkeypatch.setenv("KOLONNE_DATA", str(parent / "kolonne"))
    yield config.load()
    shutil.rmtree(parent)


class OwnPlatform:
    """`kolonne up` with PostgreSQL, NATS and one program that sleeps."""

    def __init__(self, settings: Config) -> None:
        self.settings = settings
        parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL, parent),  # noqa: PLW1509  # one system call
        )

    def status(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            written = json.loads((self.settings.data / "status.json").read_text())
            if written["supervisor"]["pid"] == self.process.pid:
                return dict(written)
        return {"ready": False, "programs": []}

    def program(self, name: str) -> dict[str, Any]:
        return next((one for one in self.status()["programs"] if one["name"] == name), {"state": "", "pid": None})

    def pids(self) -> list[int]:
        return [one["pid"] for one in self.status()["programs"] if one["pid"]]

    def wait_ready(self) -> "OwnPlatform":
        wait_for(lambda: self.status()["ready"] or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.stdout and self.process.stdout.read().decode()
        return self

    def stop(self) -> str:
        """Returns what it printed."""
        self.process.terminate()
        return self.process.communicate(timeout=PATIENCE_S)[0].decode()


@pytest.fixture
def start(own_data: Config) -> Iterator[Callable[[], OwnPlatform]]:
    """Starts the platform on the same data directory, as often as it is called."""
    started: list[OwnPlatform] = []

    def start_one() -> OwnPlatform:
        started.append(OwnPlatform(own_data))
        return started[-1]

    yield start_one
    for platform in started:
        if platform.process.poll() is None:
            platform.stop()
        if platform.process.stdout:
            platform.process.stdout.close()


def wait_for(condition: Callable[[], object]) -> None:
    """Fails when the condition does not come true."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """Not gone, and not a zombie that nobody has buried yet."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
