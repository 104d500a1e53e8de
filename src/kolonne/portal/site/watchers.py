"""Who may listen to the live stream: the same session, person and rights as for a page."""

from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.http import HttpRequest

from kolonne.portal.commerce.visibility import sights
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.views.choice import CHOSEN
from kolonne.portal.identity import second_factor
from kolonne.portal.support.acting import Over
from kolonne.portal.support.queries import look
from kolonne.portal.telemetry.live.app import Scope, Watcher
from kolonne.portal.vehicles.queries import companies_with_vans

SessionStore: Any = import_module(settings.SESSION_ENGINE).SessionStore


async def companies_of(scope: Scope) -> Watcher | None:
    """The watcher behind the request's cookie; None if nobody is signed in or there are no vans to see."""
    key = session_key(scope)
    return await sync_to_async(_look_up, thread_sensitive=False)(key) if key else None


async def visible_of(companies: Collection[int]) -> dict[int, frozenset[str]]:
    """The signals that each company sees of its vans (VH-05)."""
    return await sync_to_async(_visible, thread_sensitive=False)(companies)


def _visible(companies: Collection[int]) -> dict[int, frozenset[str]]:
    try:
        return {company: seen.signals for company, seen in sights(companies).items()}
    finally:
        connection.close()


def _look_up(session_key: str) -> Watcher | None:
    try:
        return _watcher(session_key)
    finally:
        # This thread serves no request of Django, which would give the connection back to the pool.
        connection.close()


@transaction.atomic
def _watcher(session_key: str) -> Watcher | None:
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    if isinstance(user, AnonymousUser) or not user.is_active or second_factor.is_missing(user, request.session):
        return None
    own = actor_of(user).within(request.session.get(CHOSEN))
    acting = look(request.session, own)
    if isinstance(acting, Over):
        return None
    companies = companies_with_vans(acting.actor if acting else own)
    return Watcher(user_id=user.pk, companies=frozenset(companies)) if companies else None


def session_key(scope: Scope) -> str:
    """Of the request's cookie; empty without one."""
    headers = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    try:
        cookie = SimpleCookie(headers.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return cookie.value if cookie else ""
