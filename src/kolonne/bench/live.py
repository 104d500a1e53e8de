"""`kolonne bench live`: changes of a fleet to many browsers, through the hub that the portal runs."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil
import uvloop

from kolonne.bench import engines
from kolonne.bench.engines import Engines
from kolonne.bench.figures import goal, percentiles
from kolonne.portal.telemetry.ingest.broker import Broker, publish
from kolonne.supervisor import ports
from kolonne.wire.subjects import TELEMETRY, live_subject, up_subject

BROWSERS, VANS = 200, 1_000
COMPANY = 1
_TICKS_A_SECOND = 5
_VANS_A_MESSAGE = 200


def measure(*, browsers: int, vans: int, seconds: float) -> dict[str, Any]:
    """Every van changes once a second, spread over the second as in a real fleet."""
    with engines.running([]) as platform:
        port = ports.free_port(ports.LOOPBACK)
        with _server(platform, port) as server:
            return uvloop.run(_measure(platform, server, port, (browsers, vans, seconds)))


async def _measure(
    platform: Engines, server: "subprocess.Popen[bytes]", port: int, size: tuple[int, int, float]
) -> dict[str, Any]:
    browsers, vans, seconds = size
    where = platform.config
    broker = Broker(where.endpoints().nats, "ingest", where.secret("nats-ingest"), up_subject("*", TELEMETRY))
    run = asyncio.create_task(broker.run(lambda _: None))
    watching = [Browser(port, is_observer=number == 0) for number in range(browsers)]
    for browser in watching:
        await browser.connect()
    await broker.connected.wait()
    await _publish(broker, vans, 2.0)
    before, began = _cpu(server.pid), time.perf_counter()
    received = sum(browser.received for browser in watching)
    watching[0].latencies_ms.clear()
    await _publish(broker, vans, seconds)
    elapsed = time.perf_counter() - began
    cores = (_cpu(server.pid) - before) / elapsed
    received = sum(browser.received for browser in watching) - received
    run.cancel()
    latency = percentiles(watching[0].latencies_ms)
    for browser in watching:
        browser.close()
    return {
        "browsers": browsers,
        "vans": vans,
        "megabytes_per_s": round(received / elapsed / 1e6, 1),
        "change_to_browser_ms": latency,
        "goals": {
            "share of a core": goal(cores, 0.05, smaller_is_better=True),
            "p95 ms of change to browser": goal(latency.get("p95", 1e9), 1000, smaller_is_better=True),
        },
    }


async def _publish(broker: Broker, vans: int, seconds: float) -> None:
    """As ingest does: a few times a second, those vans that changed."""
    subject, ticks = live_subject(COMPANY).encode(), round(seconds * _TICKS_A_SECOND)
    for tick in range(ticks):
        due = asyncio.create_task(asyncio.sleep(1 / _TICKS_A_SECOND))
        changed = range(tick % _TICKS_A_SECOND, vans, _TICKS_A_SECOND)
        told = [_van(number, time.time_ns() // 1_000_000) for number in changed]
        for start in range(0, len(told), _VANS_A_MESSAGE):
            broker.send(publish(subject, b'{"vans":[%b]}' % b",".join(told[start : start + _VANS_A_MESSAGE])))
        await due


def _van(number: int, now_ms: int) -> bytes:
    signals = {
        "lat": [59.9 + number * 1e-5, now_ms, now_ms],
        "lon": [10.7 + number * 1e-5, now_ms, now_ms],
        "speed": [float(number % 90), now_ms, now_ms],
        "heading": [float(number % 360), now_ms, now_ms],
    }
    return json.dumps({"id": number, "signals": signals}, separators=(",", ":")).encode()


class Browser(asyncio.Protocol):
    """Reads a stream and counts bytes; the observer also looks at the times."""

    def __init__(self, port: int, *, is_observer: bool) -> None:
        self._port = port
        self._is_observer = is_observer
        self._text = b""
        self._transport: asyncio.BaseTransport | None = None
        self.received = 0
        self.latencies_ms: list[float] = []

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_connection(lambda: self, "127.0.0.1", self._port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        request = b"GET /api/v1/live HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n"
        transport.write(request)  # type: ignore[attr-defined]  # a transport of a connection

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self._is_observer:
            self._text += data
            while (end := self._text.find(b"\n\n")) >= 0:
                self._look_at(self._text[:end])
                self._text = self._text[end + 2 :]

    def _look_at(self, event: bytes) -> None:
        now_ms, start = time.time() * 1000, event.find(b'{"vans"')
        if start < 0:
            return
        # The event may be cut by the marks of a chunked body: times are looked for instead of parsed.
        for piece in event[start:].split(b'"speed":[')[1:]:
            words = piece.split(b",", 2)
            if len(words) == 3 and words[1].isdigit() and len(words[1]) == 13:
                self.latencies_ms.append(now_ms - int(words[1]))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@contextlib.contextmanager
def _server(platform: Engines, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--loop", "uvloop", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-ws", "kolonne.bench.live_server:application"]
    with (platform.config.data / "live.log").open("wb") as log:
        process = subprocess.Popen(command, env=platform.environ, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 20
        while not ports.answers("127.0.0.1", port):
            if time.monotonic() > until:
                raise RuntimeError("the live stream does not start")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _cpu(pid: int) -> float:
    """Seconds of the server and its workers."""
    root = psutil.Process(pid)
    return sum(sum(process.cpu_times()[:2]) for process in [root, *root.children(recursive=True)])
