"""A full disk: no false acknowledgement, and everything is there once it has room again (NF-05)."""

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from kolonne.bench import engines, world
from kolonne.bench.engines import Engines
from kolonne.bench.load import SERIAL
from kolonne.module import mqtt
from kolonne.module.agent import Agent, AgentSettings
from kolonne.module.sources import PassiveVan, Reading

SIZE_MB = 400
POINTS = 400
PATIENCE_S = 90


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
    """The numbers 1 to POINTS, ten milliseconds apart, as fast as the module takes them."""

    skipped = 0

    async def __aiter__(self):  # type: ignore[no-untyped-def]  # an endless annotation for two lines
        for number in range(1, POINTS + 1):
            await asyncio.sleep(0.01)
            yield Reading(int(time.time() * 1000), {"odometer": number}, str(number))

    def resume(self, mark: str) -> None: ...


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        try:
            while True:
                file.write(bytes(64 * 1024))
                file.flush()
        except OSError:
            return ballast


def write_much(platform: Engines) -> None:
    """Fails when the database's disk is full; takes as long as the database needs to find out."""
    with world.admin(platform.config) as connection:
        connection.execute("CREATE TABLE much AS SELECT repeat(n::text, 200) FROM generate_series(1, 1000000) n")


def stored(platform: Engines) -> list[int]:
    with world.admin(platform.config) as connection:
        return [row[0] for row in connection.execute("SELECT odometer FROM telemetry.sample ORDER BY seq").fetchall()]


@pytest.mark.timeout(240)
async def test_nothing_is_acknowledged_that_a_full_disk_did_not_take(small_disk: Path, tmp_path: Path) -> None:
    with engines.running(["registry", "ingest"], directory=small_disk / "data") as platform:
        with world.admin(platform.config) as connection:
            _, (secret,) = world.make(connection, 1, signals=["odometer"])
        host, port = platform.config.endpoints().mqtt.split(":")
        link = partial(mqtt.connect, mqtt.Broker(host, int(port), secret), SERIAL.format(0))
        agent = Agent(
            AgentSettings(SERIAL.format(0), bytes(32), tmp_path / "m.db"), Count(), PassiveVan(), connect=link
        )
        run = asyncio.create_task(agent.run())
        async with asyncio.timeout(PATIENCE_S):
            while agent.outbox.acked < POINTS // 10:  # noqa: ASYNC110  # what happens on board sets no event here
                await asyncio.sleep(0.01)
        ballast = await asyncio.to_thread(fill, small_disk)
        with pytest.raises(psycopg.Error):
            await asyncio.to_thread(write_much, platform)
        acknowledged = agent.outbox.acked
        ballast.unlink()
        async with asyncio.timeout(PATIENCE_S):
            await run
        found = await asyncio.to_thread(stored, platform)
    assert found == list(range(1, POINTS + 1))
    assert acknowledged <= POINTS
    print(f"{acknowledged} of {POINTS} points were acknowledged while the disk was full")
