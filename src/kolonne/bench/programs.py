"""Single programs of the platform, run beside engines that somebody else started."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_START_S = 20


@contextlib.contextmanager
def running(name: str, log: Path, *, environ: Mapping[str, str] | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """`kolonne <name>`, by default in our environment, from the moment it says that it is ready.

    Raises RuntimeError."""
    with log.open("ab") as output:
        start = output.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "kolonne", name],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            _wait_until_ready(process, log, start)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: Path, start: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        if b"ready" in log.read_bytes()[start:]:
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not start: {log.read_text(errors='replace')[-2000:]}")
