"""SU-02: within seconds a page says who works in its reader's name, and only to him."""

import json
from collections.abc import Callable, MutableMapping
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from asgiref.sync import async_to_sync
from django.conf import settings
from django.test import Client
from django.utils import timezone

from kolonne.portal.companies.queries import actor_of
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import user_scope
from kolonne.portal.site.acting_feed import feed, helpers_of
from kolonne.portal.support import actions
from kolonne.portal.support.models import ActingSession, Ended

pytestmark = pytest.mark.django_db
SECRET = "blaue-Ampel7"


def cookie_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def session(kari: User, bob: User, at_the_desk: Callable[[User], Client]) -> ActingSession:
    actions.set_password(actor=actor_of(bob), user=bob, password=SECRET)
    at_the_desk(kari).post("/support/", {"login": "bob", "secret": SECRET})
    with user_scope(bob.pk):
        return ActingSession.objects.select_related("user__market", "agent").get()


def test_the_person_is_told_until_it_ends(
    session: ActingSession, bob: User, signed_in: Callable[[User], Client]
) -> None:
    key = cookie_of(signed_in(bob))
    (told,) = helpers_of(key) or []
    assert told["id"] == session.pk
    assert told["text"].startswith("Kari Test from Bilforhandler Oslo AS is working in your name until")
    assert told["url"] == f"/account/support-password/sessions/{session.pk}/end/"
    actions.end(actor=actor_of(bob), row=session, reason=Ended.USER)
    assert helpers_of(key) == []


def test_nobody_else_is_told(
    session: ActingSession, alice: User, kari: User, signed_in: Callable[[User], Client]
) -> None:
    assert helpers_of(cookie_of(signed_in(alice))) == []
    assert helpers_of(cookie_of(signed_in(kari))) == []
    assert helpers_of("nonsense") is None


def test_asking_does_not_keep_a_session_alive(bob: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(bob)
    client.get("/account/")
    UserSession.objects.filter(user=bob).update(last_seen_at=timezone.now() - timedelta(hours=1))
    before = list(UserSession.objects.filter(user=bob).values("last_seen_at"))
    assert helpers_of(cookie_of(client)) == []
    assert list(UserSession.objects.filter(user=bob).values("last_seen_at")) == before


def test_without_a_session_there_is_no_answer() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request"}

    async_to_sync(feed)({"type": "http", "headers": []}, receive, send)
    assert sent[0]["status"] == 401
    assert dict(sent[0]["headers"])[b"cache-control"] == b"no-store"
    assert json.loads(sent[1]["body"]) == {"status": 401}
