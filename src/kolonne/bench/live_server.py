"""The live stream alone, as the portal runs it, for everybody who asks: signing in is not what is measured."""

from kolonne import config
from kolonne.bench.live import COMPANY
from kolonne.portal.telemetry.live.app import LiveApp, Receive, Scope, Send, Watcher


async def everybody(scope: Scope) -> Watcher:
    """Every connection counts as another user."""
    return Watcher(user_id=scope["client"][1], companies=frozenset({COMPANY}))


# The worker loads this module; nobody else does.
_live = LiveApp(config.load(), everybody)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """As the portal's own, without Django."""
    if scope["type"] != "http":
        raise ValueError("only HTTP is served here")
    await _live(scope, receive, send)
