"""Thousands of modules in one process, as cheap as Python can be: raw sockets, one epoll, ready-made bytes.

A library client costs more per message than the whole platform does, and would measure itself. Run as a program
(`python -m kolonne.bench.load`) it reads who the modules are, connects them, and then runs one `Load` per line.
"""

import json
import resource
import select
import socket
import struct
import sys
import time
from collections import deque
from dataclasses import dataclass

from kolonne.bench.figures import percentiles

SERIAL = "BENCH{:07d}"
_HANDSHAKES = 100
"""Connections that are being opened at a time."""
_REFUSALS = 200
"""So many may be tried again before something must be wrong."""
_DRAIN_S = 15
_CONNACK, _PUBLISH, _SUBACK = 2, 3, 9

_READINGS = (
    b'{"lat":59.%06d,"lon":10.%06d,"altitude":112.5,"speed":%d.25,"heading":182.5,"soc":61.5,"charge_power":0.0,'
    b'"odometer":%d,"range":212000,"outside_temperature":-3.5,"low_voltage":12.6,"gear":3}'
)
SIGNALS = tuple(json.loads(_READINGS % (1, 1, 1, 1)))


@dataclass(frozen=True)
class Modules:
    """Who connects, and where."""

    host: str
    port: int
    secrets: list[str]
    """Of `SERIAL.format(i)`."""


@dataclass(frozen=True)
class Load:
    """What to send. `window` unacknowledged messages per module at most; 0 sends without waiting for anything.
    `rate` messages a second in all; 0 sends as fast as the window allows."""

    epoch: str
    seconds: float
    points: int = 1
    window: int = 1
    rate: float = 0.0


class Van:
    """One connection and what it still waits for."""

    __slots__ = ("acked", "connection", "inbound", "let_in", "secret", "sent_at", "sequence", "serial", "skip", "topic")

    def __init__(self, serial: str, modules: Modules, secret: str) -> None:
        self.connection = socket.create_connection((modules.host, modules.port))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.serial, self.secret, self.let_in = serial, secret, False
        self.topic = f"m/{serial}/up/telemetry".encode()
        self.skip = len(f"m/{serial}/down/ack")
        self.sequence = 0
        self.acked = 0
        self.inbound = b""
        self.sent_at: deque[tuple[int, float]] = deque()
        self.connection.sendall(_connect(serial, secret) + _subscribe(f"m/{serial}/down/ack"))

    def publish(self, points: int, epoch: str, now: float) -> None:
        """Sends the next message. The socket is never full while windows are small."""
        first = self.sequence + 1
        self.sequence += points
        t_ms = int(now * 1000)
        seed = self.sequence * 7919
        body = b",".join(
            [
                b"[%d,%b]" % (t_ms - 100 * (points - 1 - i), _READINGS % _numbers(seed + i * 104729))
                for i in range(points)
            ]
        )
        payload = b'{"e":"%b","s":%d,"p":[%b]}' % (epoch.encode(), first, body)
        self.sent_at.append((self.sequence, now))
        self.connection.sendall(_packet(0x30, struct.pack(">H", len(self.topic)) + self.topic + payload))


class Generator:
    """All vans, their epoll and what was measured of the running load."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.load = Load("", 0)
        self.poll = select.epoll()
        self.vans: dict[int, Van] = {}
        self.ready = 0
        self.refusals = 0
        self.latencies_ms: list[float] = []
        self.messages = 0
        self.acks = 0
        self.idle: deque[Van] = deque()

    def connect(self) -> None:
        """Opens every connection. Raises RuntimeError when the platform refuses one."""
        for i, secret in enumerate(self.modules.secrets):
            self._add(Van(SERIAL.format(i), self.modules, secret))
            while i + 1 - self.ready >= _HANDSHAKES:
                self._receive(5.0)
        until = time.time() + 30
        while self.ready < len(self.vans) and time.time() < until:
            self._receive(1.0)
        if self.ready < len(self.vans):
            raise RuntimeError(f"{self.ready} of {len(self.vans)} modules were let in")

    def _add(self, van: Van) -> None:
        self.vans[van.connection.fileno()] = van
        self.poll.register(van.connection, select.EPOLLIN)

    def _retry(self, van: Van) -> None:
        """A broker on a crowded machine gives up on a question that was not answered within five seconds."""
        self.refusals += 1
        if self.refusals > _REFUSALS:
            raise RuntimeError("the platform refuses modules")
        self.poll.unregister(van.connection)
        del self.vans[van.connection.fileno()]
        van.connection.close()
        self._add(Van(van.serial, self.modules, van.secret))

    def run(self, load: Load) -> dict[str, object]:
        """Sends for the given time, then waits for what is outstanding."""
        self._reset(load)
        began = time.time()
        used = resource.getrusage(resource.RUSAGE_SELF)
        if self.load.window and not self.load.rate:
            self._closed(began + self.load.seconds)
        else:
            self._open(began)
        sent_s = time.time() - began
        drained = time.time() + _DRAIN_S
        while self.load.window and self._outstanding() and time.time() < drained:
            self._receive(0.05)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        points = sum(van.sequence for van in self.vans.values())
        return {
            "messages": self.messages,
            "points": points,
            "points_acknowledged": sum(van.acked for van in self.vans.values()),
            "seconds": sent_s,
            "messages_per_s": self.messages / sent_s,
            "points_per_s": points / sent_s,
            "acks_per_message": self.acks / max(1, self.messages),
            "ack_ms": percentiles(self.latencies_ms),
            "cpu_s": usage.ru_utime + usage.ru_stime - used.ru_utime - used.ru_stime,
        }

    def _reset(self, load: Load) -> None:
        self.load, self.messages, self.acks = load, 0, 0
        self.latencies_ms.clear()
        self.idle.clear()
        for van in self.vans.values():
            van.sequence = van.acked = 0
            van.sent_at.clear()

    def _closed(self, until: float) -> None:
        """Every acknowledgement lets its van send again."""
        for van in self.vans.values():
            for _ in range(self.load.window):
                self._publish(van, time.time())
        while (now := time.time()) < until:
            self._receive(0.1)
            while self.idle:
                van = self.idle.popleft()
                while van.sequence - van.acked < self.load.window * self.load.points:
                    self._publish(van, now)

    def _open(self, began: float) -> None:
        """Vans send in turn, at a fixed rate or as fast as the broker reads; a van at its window is passed over."""
        vans, turn, due = list(self.vans.values()), 0, 0.0
        most = self.load.window * self.load.points or 1 << 60
        while (now := time.time()) < began + self.load.seconds:
            due = (now - began) * self.load.rate - self.messages if self.load.rate else 200
            for _ in range(min(int(due), 200)):
                van = vans[turn]
                turn = turn + 1 if turn + 1 < len(vans) else 0
                if van.sequence - van.acked < most:
                    self._publish(van, time.time())
            self._receive(0.0 if due > 1 or not self.load.rate else 0.0005)
        self.idle.clear()

    def _publish(self, van: Van, now: float) -> None:
        van.publish(self.load.points, self.load.epoch, now)
        self.messages += 1

    def _outstanding(self) -> bool:
        return any(van.acked < van.sequence for van in self.vans.values())

    def _receive(self, timeout: float) -> None:
        for fileno, _ in self.poll.poll(timeout):
            van = self.vans[fileno]
            data = van.connection.recv(65536)
            if not data and not van.let_in:
                self._retry(van)
                continue
            if not data:
                raise RuntimeError("the broker closed a connection")
            self._packets(van, van.inbound + data if van.inbound else data)

    def _packets(self, van: Van, data: bytes) -> None:
        start, end = 0, len(data)
        while end - start >= 2:
            length, body = data[start + 1], start + 2
            if length > 127:
                if end - start < 3:
                    break
                length, body = (length & 127) | data[start + 2] << 7, start + 3
            if body + length > end:
                break
            self._packet(van, data[start] >> 4, data[body : body + length])
            if van.connection.fileno() < 0:
                return  # Refused, and replaced.
            start = body + length
        van.inbound = data[start:]

    def _packet(self, van: Van, kind: int, body: bytes) -> None:
        if kind == _PUBLISH:
            self._acknowledged(van, body[2 + van.skip :])
        elif kind == _CONNACK and body[1]:
            self._retry(van)
        elif kind == _SUBACK:
            van.let_in = True
            self.ready += 1

    def _acknowledged(self, van: Van, ack: bytes) -> None:
        if self.load.epoch.encode() not in ack:
            return  # Of the load before.
        sequence = int(ack[ack.rfind(b":") + 1 : -1])
        now, waiting = time.time(), van.sent_at
        while waiting and waiting[0][0] <= sequence:
            self.latencies_ms.append((now - waiting.popleft()[1]) * 1000)
        van.acked = max(van.acked, sequence)
        self.acks += 1
        self.idle.append(van)


def _numbers(seed: int) -> tuple[int, int, int, int]:
    return seed % 1000000, (seed >> 3) % 1000000, seed % 90, seed % 2000000


def _packet(first: int, body: bytes) -> bytes:
    length, encoded = len(body), b""
    while length > 127:
        encoded += bytes([length & 127 | 128])
        length >>= 7
    return bytes([first]) + encoded + bytes([length]) + body


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()


def _connect(serial: str, secret: str) -> bytes:
    return _packet(0x10, _text("MQTT") + b"\x04\xc2\x00\x3c" + _text(serial) + _text(serial) + _text(secret))


def _subscribe(topic: str) -> bytes:
    return _packet(0x82, b"\x00\x01" + _text(topic) + b"\x00")


def main() -> None:
    """Connects and says so; then a line with a load is answered with its result, until the input ends."""
    generator = Generator(Modules(**json.loads(sys.stdin.readline())))
    generator.connect()
    _say({"connected": len(generator.vans)})
    for line in sys.stdin:
        _say(generator.run(Load(**json.loads(line))))
    for van in generator.vans.values():
        van.connection.close()


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
