"""A full disk: no false acknowledgement, and everything is there once it has room again (NF-05)."""

import asyncio
import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from kolonne.bench import engines, world
from kolonne.bench.engines import Engines
from kolonne.bench.load import SERIAL
from kolonne.module import mqtt
from kolonne.module.agent import Agent, AgentSettings
from kolonne.module.sources import PassiveVan, Reading
from kolonne.wire.signals import MAX_TEXT, MAX_TEXTS

SIZE_MB = 400
BEFORE = 40
"""Points that are acknowledged before the disk is filled."""
PATIENCE_S = 90
FULL = "No space left on device"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own that can be filled without harm to anybody."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small file system")
    path = Path(tempfile.mkdtemp(prefix="kolonne-disk-", dir="/tmp"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(path)]
    mounted = subprocess.run(mount, check=False, capture_output=True, text=True)
    if mounted.returncode:
        path.rmdir()
        pytest.skip(f"needs the right to mount a file system: {mounted.stderr.strip()}")
    try:
        path.chmod(0o755)
        (path / "data").mkdir()
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
        path.rmdir()


class Count:
    """The numbers from 1, a hundred a second, until it is `enough`. Each with two kilobytes that cannot be packed,
    so that every few points need a new page of the disk."""

    skipped = 0

    def __init__(self) -> None:
        self.enough = asyncio.Event()
        self.last = 0

    async def __aiter__(self):  # type: ignore[no-untyped-def]  # an endless annotation for three lines
        while not self.enough.is_set():
            await asyncio.sleep(0.01)
            self.last += 1
            noise = [os.urandom(MAX_TEXT // 2).hex() for _ in range(MAX_TEXTS)]
            yield Reading(int(time.time() * 1000), {"odometer": self.last, "dtc_list": noise}, str(self.last))

    def resume(self, mark: str) -> None: ...


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    return ballast


def failed_flushes(platform: Engines) -> int:
    """How often ingest's own transaction met the full disk."""
    log = (platform.config.data / "logs" / "ingest.log").read_text(errors="replace")
    return sum("the database is away" in line and FULL in line for line in log.splitlines())


def stored(platform: Engines) -> list[int]:
    with world.admin(platform.config) as connection:
        return [row[0] for row in connection.execute("SELECT odometer FROM telemetry.sample ORDER BY seq").fetchall()]


async def until(condition: Callable[[], bool]) -> None:
    """What happens on board, in a log file and on a disk sets no event here. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.timeout(400)
async def test_nothing_is_acknowledged_that_a_full_disk_did_not_take(small_disk: Path, tmp_path: Path) -> None:
    with engines.running(["registry", "ingest"], directory=small_disk / "data") as platform:
        with world.admin(platform.config) as connection:
            _, (secret,) = world.make(connection, 1, signals=["odometer", "dtc_list"])
        host, port = platform.config.endpoints().mqtt.split(":")
        link = partial(mqtt.connect, mqtt.Broker(host, int(port), secret), SERIAL.format(0))
        count = Count()
        agent = Agent(AgentSettings(SERIAL.format(0), bytes(32), tmp_path / "m.db"), count, PassiveVan(), connect=link)
        run = asyncio.create_task(agent.run())
        await until(lambda: agent.outbox.acked >= BEFORE)
        assert failed_flushes(platform) == 0
        ballast = await asyncio.to_thread(fill, small_disk)
        await until(lambda: failed_flushes(platform) >= 3)
        full = agent.outbox.acked
        taken = await asyncio.to_thread(stored, platform)
        assert taken[:full] == list(range(1, full + 1)), "acknowledged, but not stored"
        collected = count.last
        ballast.unlink()
        await until(lambda: agent.outbox.acked >= collected)
        count.enough.set()
        async with asyncio.timeout(PATIENCE_S):
            await run
        found = await asyncio.to_thread(stored, platform)
    assert found == list(range(1, count.last + 1))
