"""Pages stay live whatever happens to the work behind them."""

import asyncio
import dataclasses
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from kolonne.config import Config
from kolonne.portal.lib import broker
from kolonne.portal.telemetry.live import forever
from kolonne.portal.telemetry.live.app import LiveApp, Scope, Watcher
from kolonne.portal.telemetry.live.forever import for_ever

COMPANY = 4711


async def test_work_that_failed_or_ended_is_started_again() -> None:
    calls = 0
    third = asyncio.Event()

    async def work() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("a surprise")
        if calls == 3:
            third.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(for_ever("test", work, pause_s=0))
    async with asyncio.timeout(2):
        await third.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class Browser:
    """Speaks ASGI, keeps what it hears, and never goes by itself."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive(self) -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.heard.put_nowait(message.get("body", b""))

    async def hear(self, event: bytes) -> None:
        async with asyncio.timeout(10):
            while event not in await self.heard.get():
                pass


async def see_all(scope: Scope) -> Watcher:
    return Watcher(1, frozenset({COMPANY}))


async def test_a_stream_comes_alive_after_its_listener_and_its_ticker_failed(
    platform: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FT-01. The listener fails because nobody has said yet where NATS is; both are then cancelled by a stranger."""
    monkeypatch.setattr(forever, "PAUSE_S", 0.05)
    (tmp_path / "secrets").symlink_to(platform.secrets)
    app, browser = LiveApp(dataclasses.replace(platform, data=tmp_path), see_all), Browser()
    stream = asyncio.create_task(app({}, browser.receive, browser.send))
    await browser.hear(b"retry")
    for task in app._background.values():
        task.cancel()
    await asyncio.gather(*app._background.values(), return_exceptions=True)
    second = asyncio.create_task(app({}, Browser().receive, Browser().send))
    await asyncio.sleep(0)
    (tmp_path / "endpoints.json").write_text((platform.data / "endpoints.json").read_text())
    await browser.hear(b"event: resync")
    ingest = await broker.connect(platform, "ingest")
    await ingest.publish(f"live.{COMPANY}", b'{"vans":[{"id":7,"signals":{"speed":[1,1,1]}}]}')
    await browser.hear(b"event: vans")
    await ingest.close()
    tasks = [stream, second, *app._background.values()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
