"""The live stream alone, as the portal runs it, for everybody who asks: signing in is not what is measured."""

from collections.abc import Collection

from kolonne import config
from kolonne.bench.live import COMPANY
from kolonne.portal.telemetry.live.app import LiveApp, Receive, Scope, Send, Watcher
from kolonne.wire.signals import catalogue


async def everybody(scope: Scope) -> Watcher:
    """Every connection counts as another user."""
    return Watcher(user_id=scope["client"][1], companies=frozenset({COMPANY}))


async def everything(companies: Collection[int]) -> dict[int, frozenset[str]]:
    """All services are active."""
    return dict.fromkeys(companies, frozenset(catalogue()))


# The worker loads this module; nobody else does.
_live = LiveApp(config.load(), everybody, everything)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """As the portal's own, without Django."""
    if scope["type"] != "http":
        raise ValueError("only HTTP is served here")
    await _live(scope, receive, send)
