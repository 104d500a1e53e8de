"""Kill anything at any moment: what was acknowledged is there, once and in order (NF-05)."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kolonne.bench import engines, world
from kolonne.bench.engines import Engines
from kolonne.bench.load import SERIAL

MODULES = 50
PROCESSES = 2
READINGS_A_SECOND = 450
SIGNALS = ("odometer", "speed", "ignition")
DRAINED_S = 10.0
STUCK_S = 60.0


@dataclass
class Fleet:
    """Processes full of agents, started again when they die."""

    platform: Engines
    directory: Path
    secrets: list[str]
    total: int
    began: float = field(default_factory=lambda: time.time() + 1)
    _processes: "dict[int, subprocess.Popen[bytes]]" = field(default_factory=dict)

    def keep_alive(self) -> bool:
        """Starts what died; False when every process has ended because everything is committed."""
        for number in range(PROCESSES):
            process = self._processes.get(number)
            if process is None or process.poll() not in (None, 0):
                self._processes[number] = self._start(number)
        return any(process.poll() is None for process in self._processes.values())

    def pid(self, number: int) -> int | None:
        process = self._processes[number]
        return process.pid if process.poll() is None else None

    def end(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        mine = range(number, MODULES, PROCESSES)
        order = {
            "directory": str(self.directory),
            "mqtt": self.platform.config.endpoints().mqtt,
            "total": self.total,
            "per_s": READINGS_A_SECOND / MODULES,
            "began": self.began,
            "modules": {SERIAL.format(i): self.secrets[i] for i in mine},
        }
        script = Path(__file__).with_name("fleet_process.py")
        with (self.directory / f"fleet-{number}.log").open("ab") as log:
            return subprocess.Popen([sys.executable, str(script), json.dumps(order)], stdout=log, stderr=log)


@contextlib.contextmanager
def fleet(platform: Engines, directory: Path, *, seconds: float) -> Iterator[Fleet]:
    with world.admin(platform.config) as connection:
        _, secrets = world.make(connection, MODULES, signals=SIGNALS)
    vans = Fleet(platform, directory, secrets, total=int(seconds * READINGS_A_SECOND / MODULES))
    try:
        yield vans
    finally:
        vans.end()


def kill_at_random(platform: Engines, vans: Fleet, *, kills: int, dice: random.Random) -> Counter[str]:
    """So many kills, each of anything that lives, never the same twice before all had their turn."""
    servers = [one["name"] for one in platform.status()["programs"] if one["pid"]]
    victims = [*servers, *(f"modules {number}" for number in range(PROCESSES))]
    done: Counter[str] = Counter()
    turn: list[str] = []
    while sum(done.values()) < kills:
        until = time.monotonic() + dice.uniform(0.4, 1.6)
        while time.monotonic() < until:
            vans.keep_alive()
            time.sleep(0.02)
        turn = turn or dice.sample(victims, len(victims))
        victim = turn.pop()
        pid = vans.pid(int(victim.split()[1])) if victim.startswith("modules") else platform.pid(victim)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                done[victim] += 1
    return done


def drain(vans: Fleet) -> float:
    """Seconds until everything is committed, counted from the last kill or the last reading, whichever is later."""
    rate = READINGS_A_SECOND / MODULES
    since = max(time.time(), vans.began + vans.total / rate)
    while vans.keep_alive():
        assert time.time() < since + STUCK_S, "the fleet does not come to an end"
        time.sleep(0.02)
    return time.time() - since


def faults(platform: Engines, vans: Fleet) -> dict[str, Any]:
    """Modules whose rows are not exactly the numbers from 1 to the total, in order of sequence and of time."""
    sql = """
        SELECT m.serial, array_agg(s.odometer ORDER BY s.seq), array_agg(s.odometer ORDER BY s.ts, s.seq),
            (SELECT (sequence, points_dropped) FROM telemetry.cursor c WHERE c.module_id = m.id)::text
        FROM vehicles_module m LEFT JOIN telemetry.sample s ON s.vehicle_id = m.vehicle_id GROUP BY m.id, m.serial
    """
    expected = list(range(1, vans.total + 1))
    wrong = {}
    with _database(platform) as connection:
        for serial, by_sequence, by_time, cursor in connection.execute(sql):
            if not expected == by_sequence == by_time or cursor != f"({vans.total},0)":
                lost = len(set(expected) - set(by_sequence))
                doubled = len(by_sequence) - len(set(by_sequence))
                wrong[serial] = {"lost": lost, "doubled": doubled, "rows": len(by_sequence), "cursor": cursor}
    return wrong


def _database(platform: Engines) -> Any:
    """The last kill may have been PostgreSQL's, after everything was stored."""
    until = time.monotonic() + STUCK_S
    while True:
        try:
            return world.admin(platform.config)
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def survive(directory: Path, *, kills: int, programs: list[str]) -> None:
    seed = int(os.environ.get("CHAOS_SEED", "") or random.SystemRandom().randrange(1 << 32))
    print(f"CHAOS_SEED={seed} repeats this run")
    # A kill comes every second on average, so the readings last about as long as the kills.
    with engines.running(programs) as platform, fleet(platform, directory, seconds=kills + 2) as vans:
        vans.keep_alive()
        done = kill_at_random(platform, vans, kills=kills, dice=random.Random(seed))
        drained_s = drain(vans)
        wrong = faults(platform, vans)
        print(f"killed {dict(done)}; {MODULES * vans.total} readings; drained in {drained_s:.1f} s")
        assert not wrong, f"seed {seed}, killed {dict(done)}: {wrong}"
        assert drained_s <= DRAINED_S, f"seed {seed}, killed {dict(done)}"


@pytest.mark.timeout(180)
def test_nothing_is_lost_or_doubled_when_any_process_is_killed(tmp_path: Path) -> None:
    """NF-05, in short."""
    survive(tmp_path, kills=8, programs=["registry", "ingest"])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_by_sixty_kills_of_every_process(tmp_path: Path) -> None:
    """NF-05."""
    survive(tmp_path, kills=66, programs=["registry", "ingest", "signer", "worker", "portal"])
