"""Programs and NATS may start in any order."""

import asyncio
import dataclasses
import json
import socket
from pathlib import Path

import pytest

from kolonne.config import Config
from kolonne.portal.lib import broker


def say_where(settings: Config, at: Path, nats: str) -> None:
    (at / "endpoints.json").write_text(json.dumps(dataclasses.asdict(settings.endpoints()) | {"nats": nats}))


async def test_who_comes_before_nats_waits_for_it_wherever_it_appears(
    platform: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "_ATTEMPT_S", 0.3)
    (tmp_path / "secrets").symlink_to(platform.secrets)
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = free.getsockname()[1]
    say_where(platform, tmp_path, f"nats://127.0.0.1:{nobody}")
    early = asyncio.create_task(broker.connect(dataclasses.replace(platform, data=tmp_path), "portal"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await asyncio.shield(early)
    say_where(platform, tmp_path, platform.endpoints().nats)
    async with asyncio.timeout(10):
        client = await early
        await client.flush()
        await client.close()


async def test_who_is_stopped_while_waiting_for_an_answer_hangs_up(platform: Config, tmp_path: Path) -> None:
    arrived, hung_up = asyncio.Event(), asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()
        hung_up.set()
        writer.close()

    (tmp_path / "secrets").symlink_to(platform.secrets)
    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server, asyncio.timeout(10):
        say_where(platform, tmp_path, f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        early = asyncio.create_task(broker.connect(dataclasses.replace(platform, data=tmp_path), "portal"))
        await arrived.wait()
        early.cancel()
        await asyncio.wait([early])
        await hung_up.wait()


async def test_a_connection_that_was_closed_for_good_is_noticed(
    platform: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "_LOOK_S", 0.01)
    client = await broker.connect(platform, "portal")
    noticed = asyncio.create_task(broker.until_closed(client))
    await client.flush()
    assert not noticed.done()
    await client.close()
    async with asyncio.timeout(2):
        await noticed
