"""The load generator as a process of its own, so that it shares no interpreter with what is measured."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from kolonne.bench.load import Load, Modules


class Fleet:
    """Connected modules that send what they are told."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, load: Load) -> dict[str, Any]:
        """Sends, waits for the acknowledgements, and returns what was measured. Raises RuntimeError."""
        return self._ask(asdict(load))

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the load generator has no pipes")
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load generator ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    @classmethod
    @contextlib.contextmanager
    def connected(cls, mqtt: str, secrets: list[str]) -> "Iterator[Fleet]":
        """All modules of `world.make`, connected."""
        host, port = mqtt.rsplit(":", 1)
        command = [sys.executable, "-m", "kolonne.bench.load"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                fleet = cls(process)
                fleet._ask(asdict(Modules(host, int(port), secrets)))
                yield fleet
            finally:
                process.kill()
