"""The door for the web server: live streams go to the hub, everything else to Django."""

import os
from typing import Any

from kolonne.portal.site import database

database.use(with_pool=True)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolonne.portal.site.settings")

from django.conf import settings  # noqa: E402  # Django reads its settings on import
from django.core.asgi import get_asgi_application  # noqa: E402

_django: Any = get_asgi_application()

from kolonne.portal.site.acting_feed import feed  # noqa: E402
from kolonne.portal.site.watchers import companies_of, visible_of  # noqa: E402  # models exist only after Django's set-up
from kolonne.portal.support.acting import WATCH  # noqa: E402
from kolonne.portal.telemetry.live.app import LiveApp, Receive, Scope, Send  # noqa: E402

LIVE = "/api/v1/live"
_live = LiveApp(settings.CONFIG, companies_of, visible_of)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """One ASGI application out of two."""
    if scope["type"] == "http" and scope["path"] == LIVE and scope["method"] == "GET":
        await _live(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == WATCH and scope["method"] == "GET":
        await feed(scope, receive, send)
    elif scope["type"] == "http":
        await _django(scope, receive, send)
    else:
        raise ValueError(f"{scope['type']} is not served here")
