"""The load generator says what a module says, and reads what a module hears."""

import json
import socket
import struct
import threading

from kolonne.bench.figures import goal, percentiles
from kolonne.bench.load import SIGNALS, Generator, Load, Modules
from kolonne.wire.messages import decode_telemetry
from kolonne.wire.signals import catalogue


class Broker:
    """A broker for one module, on a real socket: lets it in and acknowledges what it says."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.payloads: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rb") as stream:
            while head := stream.read(1):
                length, shift = 0, 0
                while (byte := stream.read(1)[0]) & 128:
                    length, shift = length | (byte & 127) << shift, shift + 7
                body = stream.read(length | byte << shift)
                connection.sendall(self._answer(head[0] >> 4, body))

    def _answer(self, kind: int, body: bytes) -> bytes:
        if kind == 1:
            return b"\x20\x02\x00\x00"
        if kind == 8:
            return b"\x90\x03" + body[:2] + b"\x00"
        (length,) = struct.unpack(">H", body[:2])
        self.payloads.append(body[2 + length :])
        message = json.loads(self.payloads[-1])
        ack = b'{"e":"%b","s":%d}' % (message["e"].encode(), message["s"] + len(message["p"]) - 1)
        topic = body[2 : 2 + length].replace(b"/up/telemetry", b"/down/ack")
        packet = struct.pack(">H", len(topic)) + topic + ack
        return bytes([0x30, len(packet)]) + packet

    def close(self) -> None:
        self._listener.close()
        self._thread.join(5)


def test_what_it_sends_is_telemetry_and_every_point_is_counted_when_acknowledged() -> None:
    broker = Broker()
    generator = Generator(Modules("127.0.0.1", broker.port, ["secret"]))
    generator.connect()
    for load in (Load("A", 0.1, points=3, window=2), Load("B", 0.1, points=1, window=1, rate=50)):
        result = generator.run(load)
        assert result["points"] == result["points_acknowledged"]
    generator.poll.close()
    for van in generator.vans.values():
        van.connection.close()
    broker.close()
    messages = [decode_telemetry(payload) for payload in broker.payloads]
    for epoch in ("A", "B"):
        numbers = [
            message.sequence + i for message in messages if message.epoch == epoch for i in range(len(message.points))
        ]
        assert numbers == list(range(1, len(numbers) + 1))
    assert all(
        catalogue()[name].complaint(value) is None for _, point in messages[0].points for name, value in point.items()
    )
    assert tuple(messages[0].points[0][1]) == SIGNALS


def test_percentiles() -> None:
    assert percentiles([]) == {}
    assert percentiles([float(n) for n in range(1, 101)]) == {"p50": 51, "p90": 91, "p95": 96, "p99": 100, "max": 100}


def test_a_goal_is_met_from_the_right_side() -> None:
    assert goal(0.4, 0.3)["met"]
    assert not goal(0.2, 0.3)["met"]
    assert goal(0, 0, smaller_is_better=True)["met"]
    assert not goal(51, 50, smaller_is_better=True)["met"]
