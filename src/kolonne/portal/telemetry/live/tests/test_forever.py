"""Pages stay live whatever happens to the work behind them."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Collection, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from kolonne.config import Config
from kolonne.portal.lib import broker
from kolonne.portal.telemetry.live import forever
from kolonne.portal.telemetry.live.app import LiveApp, Scope, Watcher
from kolonne.portal.telemetry.live.forever import for_ever
from kolonne.wire.signals import catalogue

COMPANY = 4711


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forever, "PAUSE_S", 0.02)


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

    task = asyncio.create_task(for_ever("test", work))
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


async def see_everything(companies: Collection[int]) -> dict[int, frozenset[str]]:
    return dict.fromkeys(companies, frozenset(catalogue()))


@contextlib.asynccontextmanager
async def watching(app: LiveApp) -> AsyncIterator[Browser]:
    browser = Browser()
    stream = asyncio.create_task(app({}, browser.receive, browser.send))
    await browser.hear(b"retry")
    yield browser
    stream.cancel()
    await asyncio.gather(stream, return_exceptions=True)


async def stop(app: LiveApp) -> None:
    for task in app._background.values():
        task.cancel()
    await asyncio.gather(*app._background.values(), return_exceptions=True)


async def tell_and_hear(platform: Config, browser: Browser) -> None:
    ingest = await broker.connect(platform, "ingest")
    await ingest.publish(f"live.{COMPANY}", b'{"vans":[{"id":7,"signals":{"speed":[1,1,1]}}]}')
    await browser.hear(b"event: vans")
    await ingest.close()


async def test_a_listener_that_failed_comes_back_and_pages_look_again(platform: Config, tmp_path: Path) -> None:
    """FT-01. It fails because nobody has said yet where NATS is."""
    (tmp_path / "secrets").symlink_to(platform.secrets)
    app = LiveApp(dataclasses.replace(platform, data=tmp_path), see_all, see_everything)
    async with watching(app) as browser:
        (tmp_path / "endpoints.json").write_text((platform.data / "endpoints.json").read_text())
        await browser.hear(b"event: resync")
        await tell_and_hear(platform, browser)
        await stop(app)


async def test_the_next_request_starts_what_was_stopped(platform: Config) -> None:
    app = LiveApp(platform, see_all, see_everything)
    async with watching(app) as browser:
        await browser.hear(b"event: resync")
        await stop(app)
        async with watching(app) as second:
            await second.hear(b"event: resync")
            await tell_and_hear(platform, browser)
            await stop(app)
