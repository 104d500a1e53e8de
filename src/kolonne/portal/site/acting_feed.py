"""`GET /support/now`: who works in the reader's name.

A raw ASGI application like the live stream, because every visible page asks every few seconds: no middleware, and
nothing that would count as the reader's activity and keep his session alive for ever.
"""

import json
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation

from kolonne.portal.companies.models import Company
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope, user_scope
from kolonne.portal.site import watchers
from kolonne.portal.support import queries, texts
from kolonne.portal.support.models import ActingSession
from kolonne.portal.telemetry.live.app import Receive, Scope, Send

_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


async def feed(scope: Scope, receive: Receive, send: Send) -> None:
    """401 without a session; else the helpers, mostly none."""
    key = watchers.session_key(scope)
    found = await sync_to_async(_look_up, thread_sensitive=False)(key) if key else None
    await send({"type": "http.response.start", "status": 401 if found is None else 200, "headers": _HEADERS})
    body = {"status": 401} if found is None else {"helpers": found}
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def _look_up(session_key: str) -> list[dict[str, Any]] | None:
    try:
        return helpers_of(session_key)
    finally:
        # This thread serves no request of Django, which would give the connection back to the pool.
        connection.close()


@transaction.atomic
def helpers_of(session_key: str) -> list[dict[str, Any]] | None:
    """Of the person behind a browser session; None when there is nobody."""
    request = HttpRequest()
    request.session = watchers.SessionStore(session_key)
    user = get_user(request)
    if isinstance(user, AnonymousUser) or not user.is_active:
        return None
    with user_scope(user.pk):
        rows = queries.working_for(user.pk)
    return [_as_told(row, user) for row in rows]


def _as_told(row: ActingSession, user: User) -> dict[str, Any]:
    with company_scope([row.company_id]):
        zone = Company.objects.values_list("time_zone", flat=True).get(pk=row.company_id)
    with translation.override(user.language), timezone.override(zone):
        return {"id": row.pk, "text": texts.banner(row), "url": reverse("support_stop", args=[row.pk])}
