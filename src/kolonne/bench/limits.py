"""What the machine allows: the broker alone, the table alone, and a writer that stores position by position."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import structlog

from kolonne.bench import world
from kolonne.bench.engines import Engines
from kolonne.bench.fleet import Fleet
from kolonne.bench.load import Load
from kolonne.portal.telemetry.ingest import rows
from kolonne.portal.telemetry.ingest.broker import Broker, Message
from kolonne.supervisor.postgres import wheel_programs
from kolonne.wire.signals import Value
from kolonne.wire.subjects import TELEMETRY, up_subject

COPY_ROWS = 2_000
WRITERS = 10
_SILENCE_S = 0.5
"""After which no more messages are coming."""

_READINGS: dict[str, Value] = {
    "lat": 59.913868,
    "lon": 10.752245,
    "altitude": 112.5,
    "speed": 43.25,
    "heading": 182.5,
    "soc": 61.5,
    "charge_power": 0.0,
    "odometer": 123456,
    "range": 212000,
    "outside_temperature": -3.5,
    "low_voltage": 12.6,
    "gear": 3,
}
_POSITIONS = """
    DROP TABLE IF EXISTS bench_positions, bench_devices;
    CREATE TABLE bench_positions (
        id bigserial PRIMARY KEY, deviceid int4 NOT NULL, servertime timestamptz, fixtime timestamptz,
        latitude float8, longitude float8, altitude float8, speed float8, course float8, attributes text
    );
    CREATE INDEX ON bench_positions (deviceid, fixtime);
    CREATE TABLE bench_devices (id int4 PRIMARY KEY, positionid int8, lastupdate timestamptz);
    INSERT INTO bench_devices SELECT generate_series(1, 2000), 0, now();
"""
_WRITE = """\\set device random(1, 2000)
INSERT INTO bench_positions (deviceid, servertime, fixtime, latitude, longitude, altitude, speed, course, attributes)
VALUES (:device, now(), now(), 59.91, 10.75, 112.5, 43.25, 182.5,
  '{"soc":61.5,"charge_power":0.0,"odometer":123456,"range":212000,"outside_temperature":-3.5,"gear":3}');
UPDATE bench_devices SET positionid = 1, lastupdate = now() WHERE id = :device;
"""


def broker_to_python(engines: Engines, fleet: Fleet, *, seconds: float) -> tuple[float, float]:
    """Messages a second that reach a Python process which does nothing with them, and the processor time of one of
    them in microseconds: generator, broker and subscriber together. The latter does not depend on other load."""
    nats = psutil.Process(engines.pid("nats"))
    before = sum(nats.cpu_times()[:2])
    command = [sys.executable, "-m", "kolonne.bench.limits"]
    with subprocess.Popen(command, env=engines.environ, stdout=subprocess.PIPE, text=True) as sink:
        try:
            if sink.stdout is None or sink.stdout.readline().strip() != "ready":
                raise RuntimeError("the counting subscriber does not start")
            sent = fleet.run(Load("R1", seconds, window=0))
            counted = json.loads(sink.stdout.readline())
        finally:
            sink.kill()
    used = sum(nats.cpu_times()[:2]) - before + sent["cpu_s"] + counted["cpu_s"]
    return counted["messages"] / counted["seconds"], used / counted["messages"] * 1e6


def copy_rows(engines: Engines, *, seconds: float) -> float:
    """Rows a second by binary COPY of ready-made rows into the table of samples, one connection."""
    with world.connect(engines.config, "kolonne_ingest") as connection:
        sql = f"COPY telemetry.sample ({', '.join(rows.COLUMNS)}) FROM STDIN (FORMAT binary)"
        base = rows.timestamp(int(time.time() * 1000))
        # Packed once: how fast Python packs is no limit of the machine.
        stamps = [rows.Stamp(base + i, base, 1, 1_000_000 + i, i, 0) for i in range(COPY_ROWS)]
        data = b"".join((rows.HEADER, *[rows.row(stamp, _READINGS) for stamp in stamps], rows.TRAILER))
        batches, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            with connection.transaction(), connection.cursor().copy(sql) as copy:
                copy.write(data)
            batches += 1
        return batches * COPY_ROWS / (time.perf_counter() - began)


def position_by_position(engines: Engines, *, seconds: float) -> float:
    """Positions a second of a writer with one INSERT and one UPDATE each, ten connections, no network, no parsing."""
    with world.admin(engines.config) as connection:
        connection.execute(_POSITIONS)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_WRITE)
        script.flush()
        found = _pgbench(engines, Path(script.name), seconds)
    with world.admin(engines.config) as connection:
        connection.execute("DROP TABLE bench_positions, bench_devices")
    return found


def _pgbench(engines: Engines, script: Path, seconds: float) -> float:
    where = engines.config.endpoints()
    environ = {
        **os.environ,
        "PGHOST": where.postgres_host,
        "PGPORT": str(where.postgres_port),
        "PGDATABASE": where.database,
        "PGUSER": "postgres",
        "PGPASSWORD": engines.config.secret("postgres-admin"),
    }
    command = [wheel_programs() / "pgbench", "-n", "-M", "prepared", "-f", script, "-T", max(1, round(seconds))]
    command += ["-c", WRITERS, "-j", 2]
    output = subprocess.run([str(part) for part in command], env=environ, capture_output=True, text=True, check=True)
    (line,) = (line for line in output.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


class Sink:
    """Counts messages, and says how many came between the first and the last."""

    def __init__(self) -> None:
        self.messages = 0
        self.first = self.last = 0.0

    def deliver(self, batch: list[Message]) -> None:
        now = time.perf_counter()
        self.first = self.first or now
        self.last = now
        self.messages += len(batch)


async def _count() -> None:
    from kolonne import config  # noqa: PLC0415  # only the process of the sink reads the environment

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    settings, sink = config.load(), Sink()
    broker = Broker(settings.endpoints().nats, "ingest", settings.secret("nats-ingest"), up_subject("*", TELEMETRY))
    run = asyncio.create_task(broker.run(sink.deliver))
    await broker.connected.wait()
    idle_s = sum(psutil.Process().cpu_times()[:2])
    _say("ready")
    while not sink.messages or time.perf_counter() - sink.last < _SILENCE_S:  # noqa: ASYNC110  # time is the condition
        await asyncio.sleep(0.05)
    cpu_s = sum(psutil.Process().cpu_times()[:2]) - idle_s
    _say(json.dumps({"messages": sink.messages, "seconds": sink.last - sink.first, "cpu_s": cpu_s}))
    run.cancel()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_count())
