"""A platform of its own in a temporary directory: real servers and programs under the real supervisor.

Run as a program (`python -m kolonne.bench.engines registry ingest`) it is that supervisor, with only these programs.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kolonne import config
from kolonne.config import Config
from kolonne.supervisor.child import die_with_parent

_START_S = 90
_STOP_S = 60


class Engines:
    """A running platform."""

    def __init__(self, data: Path) -> None:
        self.environ = _environ(data)
        self.config: Config = config.load({key: value for key, value in self.environ.items() if key[:8] == "KOLONNE_"})
        self._supervisor: subprocess.Popen[bytes] | None = None

    def start(self, programs: Sequence[str]) -> None:
        """Returns when everything answers. Raises RuntimeError."""
        log, parent = self.config.data / "engines.log", os.getpid()
        with log.open("ab") as output:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "kolonne.bench.engines", *programs],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                # A measurement that is killed takes its engines along.
                preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent),  # noqa: PLW1509  # one system call
            )
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._supervisor.poll() is None:
            if self.status().get("ready"):
                return
            time.sleep(0.05)
        raise RuntimeError("the engines do not start: " + log.read_text(errors="replace")[-3000:])

    def stop(self) -> None:
        if self._supervisor is None:
            return
        self._supervisor.terminate()
        try:
            self._supervisor.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._supervisor.pid, signal.SIGKILL)
            self._supervisor.wait()

    def status(self) -> dict[str, Any]:
        """What the supervisor last wrote; empty before the first time."""
        try:
            status: dict[str, Any] = json.loads((self.config.data / "status.json").read_text())
        except (OSError, ValueError):
            return {}
        return status

    def pid(self, program: str) -> int | None:
        """Of a program that is alive at present."""
        found = (one["pid"] for one in self.status().get("programs", ()) if one["name"] == program)
        return next(found, None)


@contextlib.contextmanager
def running(programs: Sequence[str], *, directory: Path | None = None) -> Iterator[Engines]:
    """Engines in `directory`, or in a temporary one that is removed at the end. Raises RuntimeError."""
    # Not in a home: PostgreSQL runs as another user when we are root.
    data = directory or Path(tempfile.mkdtemp(prefix="kolonne-bench-", dir="/tmp"))
    data.chmod(0o711)
    engines = Engines(data)
    try:
        engines.start(programs)
        yield engines
    finally:
        engines.stop()
        if directory is None:
            shutil.rmtree(data, ignore_errors=True)


def _environ(data: Path) -> dict[str, str]:
    """Ours without our settings: whatever the caller's platform is called, this one is another."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(config.PREFIX)}
    ports = dict.fromkeys(("KOLONNE_PORT", "KOLONNE_MQTT_PORT", "KOLONNE_NATS_PORT"), "0")
    return inherited | ports | {"KOLONNE_DATA": str(data)}


def main(programs: Sequence[str]) -> None:
    """The supervisor's side."""
    from kolonne.supervisor import up  # noqa: PLC0415  # the side that starts it does not need it

    settings = config.load()
    chosen = [program for program in up.our_programs(settings) if program.name in programs]
    up.run(settings, up.Plan(chosen, quiet=True))


if __name__ == "__main__":
    main(sys.argv[1:])
