"""`kolonne bench ingest`: from a module's socket to the acknowledgement, beside what the machine allows."""

import time
from typing import Any

import psutil
import psycopg

from kolonne.bench import engines, limits, programs, world
from kolonne.bench.engines import Engines
from kolonne.bench.figures import goal
from kolonne.bench.fleet import Fleet
from kolonne.bench.load import Load
from kolonne.portal.telemetry.database import READ_AGAIN_S

MODULES = 2_000
_SIZE = """
    SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'telemetry.sample'::regclass
"""
_PIPELINE = (
    ("1 point, one ack each", Load("W1", 0, points=1, window=1)),
    ("1 point, merged acks", Load("W4", 0, points=1, window=4)),
    ("10 points", Load("P10", 0, points=10, window=4)),
)


def measure(*, modules: int, seconds: float) -> dict[str, Any]:
    """All runs, their ratios, and the goals of the design. Takes about 12 x `seconds`, and 20 s for the engines."""
    with engines.running(["registry"]) as platform, world.admin(platform.config) as connection:
        _, secrets = world.make(connection, modules)
        # Nobody told the registry of so many at once; it reads all modules again every few seconds.
        time.sleep(2 * READ_AGAIN_S)
        with Fleet.connected(platform.config.endpoints().mqtt, secrets) as fleet:
            measured = _measure(platform, connection, fleet, seconds)
    return {"modules": modules, "seconds_a_run": seconds, "cpus": psutil.cpu_count()} | measured


def _measure(platform: Engines, connection: Any, fleet: Fleet, seconds: float) -> dict[str, Any]:
    broker_per_s, broker_us = limits.broker_to_python(platform, fleet, seconds=seconds)
    raw = {
        "broker_to_python_per_s": broker_per_s,
        "copy_rows_per_s": limits.copy_rows(platform, seconds=seconds),
        "position_by_position_per_s": limits.position_by_position(platform, seconds=seconds),
    }
    log = platform.config.data / "ingest.log"
    runs: dict[str, dict[str, Any]] = {}
    with programs.running("ingest", log, environ=platform.environ) as ingest:
        meter = Meter(platform, ingest.pid, connection)
        for name, load in _PIPELINE:
            runs[name] = meter.run(fleet, load, seconds)
        ceiling = runs["1 point, one ack each"]["messages_per_s"]
        for percent in (50, 90):
            load = Load(f"L{percent}", 0, window=8, rate=ceiling * percent / 100)
            runs[f"latency at {percent} %"] = meter.run(fleet, load, seconds)
    by_cpu = {name: round(broker_us / sum(run["cpu_us_per_message"].values()), 2) for name, run in runs.items()}
    return {
        "limits": raw | {"broker_to_python_cpu_us": broker_us},
        "runs": runs,
        "goals": _goals(raw, runs),
        "broker_by_processor_time": by_cpu,
        "bytes_per_sample": meter.bytes_per_sample,
    }


def _goals(raw: dict[str, float], runs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    broker, table, peer = raw.values()
    lost = sum(run["lost"] for run in runs.values())
    doubled = sum(run["doubled"] for run in runs.values())
    ten = runs["10 points"]["points_per_s"]
    return {
        "1 point, one ack each / broker": goal(runs["1 point, one ack each"]["messages_per_s"] / broker, 0.30),
        "1 point, merged acks / broker": goal(runs["1 point, merged acks"]["messages_per_s"] / broker, 0.50),
        "10 points / COPY": goal(ten / table, 0.50),
        "10 points / position by position": goal(ten / peer, 15),
        "p99 ms at 50 %": goal(runs["latency at 50 %"]["ack_ms"]["p99"], 50, smaller_is_better=True),
        "p99 ms at 90 %": goal(runs["latency at 90 %"]["ack_ms"]["p99"], 150, smaller_is_better=True),
        "lost": goal(lost, 0, smaller_is_better=True),
        "doubled": goal(doubled, 0, smaller_is_better=True),
    }


class Meter:
    """Runs a load and looks at what it left in the database and took from the processors."""

    def __init__(self, platform: Engines, ingest: int, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        pids = {"ingest": ingest, "nats": platform.pid("nats"), "postgres": platform.pid("postgres")}
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items() if pid}
        self.bytes_per_sample = 0.0

    def run(self, fleet: Fleet, load: Load, seconds: float) -> dict[str, Any]:
        self._connection.execute("TRUNCATE telemetry.sample")
        before, idle = self._cpu(), psutil.cpu_times().idle
        began = time.perf_counter()
        result = fleet.run(Load(load.epoch, seconds, load.points, load.window, load.rate))
        elapsed = time.perf_counter() - began
        used = {name: cpu - before[name] for name, cpu in self._cpu().items()} | {"load": result.pop("cpu_s")}
        result["cpu_us_per_message"] = {n: round(cpu / result["messages"] * 1e6, 1) for n, cpu in used.items()}
        busy = elapsed * (psutil.cpu_count() or 1) - (psutil.cpu_times().idle - idle)
        result["foreign_cpus"] = round(max(0.0, busy - sum(used.values())) / elapsed, 2)
        stored = "SELECT count(*), count(DISTINCT (vehicle_id, seq)) FROM telemetry.sample"
        rows, distinct = self._connection.execute(stored).fetchone() or (0, 0)
        (taken,) = self._connection.execute(_SIZE).fetchone() or (0,)
        # A row of the load holds twelve signals.
        self.bytes_per_sample = round(float(taken) / max(1, rows) / 12, 1)
        return result | {"rows": rows, "lost": result["points"] - distinct, "doubled": rows - distinct}

    def _cpu(self) -> dict[str, float]:
        return {name: _cpu(process) for name, process in self._processes.items()}


def _cpu(process: psutil.Process) -> float:
    """Of a process and its children, those that ended included."""
    times = process.cpu_times()
    own = times.user + times.system + times.children_user + times.children_system
    return own + sum(sum(child.cpu_times()[:2]) for child in process.children())
