"""The connection to the platform over MQTT 3.1.1.

A client of our own rather than a library: of MQTT a module needs one subscription and quality of service 0, and the
usual library costs an eighth of the memory that an agent may have.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kolonne.module import mqtt_codec as codec
from kolonne.module.errors import LinkLost, LinkRefused, SettingsError
from kolonne.module.transport import Connection, Message
from kolonne.wire import subjects

CONNECT_TIMEOUT_S = 15
WRITE_TIMEOUT_S = 20
KEEP_ALIVE_S = 60
PING_AFTER_S = 20

_REFUSED = {4, 5}
_UNWRITTEN_BYTES = 128 * 1024


@dataclass(frozen=True)
class Tls:
    """Files of the transport encryption; without `ca` the system's list of authorities counts."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Raises SettingsError when a file cannot be used."""
        try:
            context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
            if self.cert:
                context.load_cert_chain(self.cert, self.key)
        except OSError as error:
            raise SettingsError(
                f"TLS files cannot be used ({error.strerror or error}): check ca, cert and key"
            ) from error
        return context


@dataclass(frozen=True)
class Broker:
    """Where the platform listens, and the module's secret."""

    host: str
    port: int
    secret: str
    tls: Tls | None = None


@asynccontextmanager
async def connect(broker: Broker, serial: str) -> AsyncIterator[Connection]:
    """An open, listening connection. Raises LinkLost, LinkRefused."""
    context = broker.tls.context() if broker.tls else None
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(broker.host, broker.port, ssl=context)
    except (OSError, TimeoutError) as error:
        raise LinkLost(f"{broker.host}:{broker.port} cannot be reached ({error or 'no answer'})") from error
    connection = _MqttConnection(reader, writer, serial)
    try:
        await connection.introduce(broker.secret)
        yield connection
        with suppress(LinkLost):
            await connection.write(codec.DISCONNECT_PACKET)
        writer.close()
    except BaseException:
        writer.transport.abort()
        raise


class _MqttConnection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, serial: str) -> None:
        self._reader = reader
        self._writer = writer
        self._serial = serial
        self._framer = codec.Framer()
        self._early: list[codec.Packet] = []
        writer.transport.set_write_buffer_limits(high=_UNWRITTEN_BYTES)

    async def introduce(self, secret: str) -> None:
        """Signs in and subscribes. Raises LinkRefused, LinkLost."""
        hello = codec.connect_packet(self._serial, user=self._serial, password=secret, keep_alive_s=KEEP_ALIVE_S)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self.write(hello)
                if code := codec.connect_code(await self._answer()):
                    kind = LinkRefused if code in _REFUSED else LinkLost
                    raise kind(f"the platform does not accept serial and secret (code {code})")
                await self.write(codec.subscribe_packet(subjects.down_topic(self._serial, "+")))
                if codec.subscribe_code(await self._answer()) != 0:
                    raise LinkRefused("the platform does not let this module listen")
        except TimeoutError as error:
            raise LinkLost("the platform does not answer") from error
        except codec.BadPacket as error:
            raise LinkLost(f"no MQTT spoken there: {error}") from error

    async def publish(self, message: Message) -> None:
        await self.write(codec.publish_packet(subjects.up_topic(self._serial, message.kind), message.payload))

    async def write(self, data: bytes) -> None:
        """Raises LinkLost, also when the network takes nothing for a while."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise LinkLost(f"sending failed ({error or 'no answer'})") from error

    async def __aiter__(self) -> AsyncIterator[Message]:
        prefix = subjects.down_topic(self._serial, "")
        while True:
            for packet in await self._packets():
                if packet.kind != codec.PUBLISH:
                    continue
                try:
                    topic, payload = codec.published(packet)
                except codec.BadPacket as error:
                    raise LinkLost(f"no MQTT spoken there: {error}") from error
                if topic.startswith(prefix):
                    yield Message(topic.removeprefix(prefix), payload)

    async def _answer(self) -> codec.Packet:
        """The first packet; what came with it is kept."""
        first, *self._early = await self._packets()
        return first

    async def _packets(self) -> list[codec.Packet]:
        """At least one packet; asks for a sign of life when it is quiet, and gives up when there is none."""
        if self._early:
            early, self._early = self._early, []
            return early
        asked = False
        while True:
            try:
                async with asyncio.timeout(PING_AFTER_S):
                    data = await self._reader.read(64 * 1024)
            except TimeoutError:
                if asked:
                    raise LinkLost("the platform gives no sign of life") from None
                asked = True
                await self.write(codec.PINGREQ_PACKET)
                continue
            except OSError as error:
                raise LinkLost(f"receiving failed ({error})") from error
            if not data:
                raise LinkLost("the platform closed the connection")
            try:
                if packets := self._framer.feed(data):
                    return packets
            except codec.BadPacket as error:
                raise LinkLost(f"no MQTT spoken there: {error}") from error
