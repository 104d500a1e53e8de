"""MQTT 3.1.1 packets as far as a module needs them: quality of service 0, clean session. Pure bytes."""

from typing import NamedTuple

MAX_INCOMING = 64 * 1024

CONNACK, PUBLISH, SUBACK, PINGRESP = 2, 3, 9, 13
PINGREQ_PACKET = b"\xc0\x00"
DISCONNECT_PACKET = b"\xe0\x00"

_CLEAN_SESSION, _USER_NAME, _PASSWORD = 0x02, 0x80, 0x40
_SUBSCRIPTION_ID = 1


class BadPacket(Exception):
    """The other side does not speak MQTT 3.1.1, or sent more than a module takes."""


class Packet(NamedTuple):
    """One control packet: its type (MQTT 3.1.1 section 2.2.1), the flags and what follows the length."""

    kind: int
    flags: int
    body: bytes


def connect_packet(client_id: str, *, user: str, password: str, keep_alive_s: int) -> bytes:
    flags = _CLEAN_SESSION | (_USER_NAME if user else 0) | (_PASSWORD if password else 0)
    body = _text("MQTT") + bytes((4, flags)) + keep_alive_s.to_bytes(2, "big") + _text(client_id)
    return _packet(0x10, body + (_text(user) if user else b"") + (_text(password) if password else b""))


def subscribe_packet(topic: str) -> bytes:
    """Asks for a topic with quality of service 0."""
    return _packet(0x82, _SUBSCRIPTION_ID.to_bytes(2, "big") + _text(topic) + b"\x00")


def publish_packet(topic: str, payload: bytes) -> bytes:
    return _packet(0x30, _text(topic) + payload)


def published(packet: Packet) -> tuple[str, bytes]:
    """Topic and payload. Raises BadPacket."""
    if packet.flags & 0x06:
        raise BadPacket("only quality of service 0 was asked for")
    length = int.from_bytes(packet.body[:2], "big")
    topic = packet.body[2 : 2 + length]
    if len(packet.body) < 2 or len(topic) != length:
        raise BadPacket("the topic is cut off")
    try:
        return topic.decode("utf-8"), packet.body[2 + length :]
    except UnicodeDecodeError as error:
        raise BadPacket("the topic is not UTF-8") from error


def connect_code(packet: Packet) -> int:
    """Return code of a CONNACK: 0 accepted, 4 and 5 refused. Raises BadPacket."""
    if packet.kind != CONNACK or len(packet.body) != 2:
        raise BadPacket("expected the answer to CONNECT")
    return packet.body[1]


def subscribe_code(packet: Packet) -> int:
    """Return code of a SUBACK: 0x80 refused. Raises BadPacket."""
    if packet.kind != SUBACK or len(packet.body) != 3:
        raise BadPacket("expected the answer to SUBSCRIBE")
    return packet.body[2]


class Framer:
    """Cuts a stream of bytes into packets."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are complete now. Raises BadPacket."""
        self._buffer += data
        packets = []
        while (packet := self._next()) is not None:
            packets.append(packet)
        return packets

    def _next(self) -> Packet | None:
        length, header = 0, 0
        for position, byte in enumerate(self._buffer[1:5]):
            length |= (byte & 0x7F) << (7 * position)
            if byte < 0x80:
                header = 2 + position
                break
        else:
            if len(self._buffer) >= 5:
                raise BadPacket("the length has more than four bytes")
            return None
        if length > MAX_INCOMING:
            raise BadPacket(f"{length} bytes are more than a module takes")
        if len(self._buffer) < header + length:
            return None
        first, body = self._buffer[0], bytes(self._buffer[header : header + length])
        del self._buffer[: header + length]
        return Packet(first >> 4, first & 0x0F, body)


def _packet(first: int, body: bytes) -> bytes:
    length, encoded = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | (0x80 if length else 0))
        if not length:
            return bytes((first,)) + bytes(encoded) + body


def _text(text: str) -> bytes:
    raw = text.encode("utf-8")
    return len(raw).to_bytes(2, "big") + raw
