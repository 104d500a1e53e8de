"""NF-03: every route, with every verb, as everybody; with the ids of a company that is not theirs.

The list of routes is taken from Django itself, so that a new one cannot be forgotten: it fails here until somebody
writes into `routes.toml` who may open it. Whatever a stranger does, our company's words never appear in an answer and
our company's rows never change.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from kolonne.portal.commands import actions as commands_actions
from kolonne.portal.commands.models import Command
from kolonne.portal.companies import actions as companies_actions
from kolonne.portal.companies.queries import known_scopes
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

VERBS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
ROUTES: dict[str, str] = {
    route: kind
    for kind, routes in tomllib.loads(Path(__file__).with_name("routes.toml").read_text()).items()
    for route in routes
}
LOCK = b'{"command": "lock"}'

pytestmark = pytest.mark.django_db


def _walk(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + re.sub(r"\\Z|\^|\$", "", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route


def all_routes() -> list[str]:
    return sorted(set(_walk(get_resolver().url_patterns)))


def test_every_route_is_listed_with_who_may_open_it() -> None:
    assert sorted(set(all_routes()) ^ set(ROUTES)) == []


@pytest.fixture
def command_id(our_scope: House, bobs_actor: Actor) -> str:
    command = commands_actions.request_command(
        actor=bobs_actor, vehicle=our_scope.vehicle, order=commands_actions.Order("lock"), idempotency_key="sweep-1"
    )
    assert isinstance(command, Command)
    return str(command.pk)


def address_of(route: str, house: House, command_id: str) -> str:
    """The route with our company's ids in its place-holders. KeyError on one that nobody told the sweep about."""
    values = {
        "pk": str(house.vehicle.pk), "vin": house.vehicle.vin, "command_id": command_id, "id": command_id,
        "rest": "nothing-here",
        "token": "wrong-token", "key": "wrong-key", "uidb36": "1", "code": "wrong",
        "number": "wrong-number",
    }  # fmt: skip
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route)
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values[match[1]], plain)


def digest_of_rows(house: House) -> str:
    """A fingerprint of everything that belongs to the company."""
    with company_scope(house.scope), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "AND a.attname = 'company_id' AND NOT attisdropped WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition "
            "AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"
        )
        digest = hashlib.sha256()
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")
            digest.update(f"{table} {cursor.fetchone()}".encode())
    return digest.hexdigest()


def body_of(response: Any) -> str:
    content = b"".join(response) if response.streaming else response.content
    return content.decode(errors="replace")


@pytest.mark.parametrize("who", ["anonymous", "charlie", "sam", "dora", "their key"])
def test_a_stranger_learns_nothing_and_changes_nothing(
    who: str,
    ours: House,
    theirs: House,
    command_id: str,
    request: pytest.FixtureRequest,
    signed_in: Callable[[User], Client],
) -> None:
    ours_only = [ours.vehicle.vin, ours.vehicle.plate, command_id, ours.module.serial]
    if who != "dora":  # a driver may see the name of the company in which he is
        ours_only.append(ours.company.name)
    _client_of(who, theirs, request, signed_in)  # makes the person before the rows are counted
    before = digest_of_rows(ours)
    for route, kind in ROUTES.items():
        address = address_of(route, ours, command_id)
        client = _client_of(who, theirs, request, signed_in)  # anew, because one of the routes signs out
        for verb in VERBS:
            response = client.generic(verb, address, LOCK, content_type="application/json")
            where = f"{verb} {address} as {who}"
            assert response.status_code < 500, where
            body = body_of(response).replace(address, "")
            assert not [word for word in ours_only if word in body], where
            if kind in {"fleet", "key"} and "<" in route and verb in {"GET", "POST"}:
                outside = who == "anonymous" or (who == "their key" and kind == "fleet")
                # People without any fleet are told so before anybody looks whether the van exists.
                refused = {302, 401, 403, 405} if outside else {403, 404, 405} if who in {"sam", "dora"} else {404, 405}
                assert response.status_code in refused, where
    assert digest_of_rows(ours) == before


def _client_of(who: str, theirs: House, request: pytest.FixtureRequest, signed_in: Callable[[User], Client]) -> Client:
    if who == "anonymous":
        return Client(raise_request_exception=False)
    if who == "their key":
        _, token = companies_actions.create_api_key(
            actor=SYSTEM, company=theirs.company, name="sweep", scopes=known_scopes()
        )
        return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
    return signed_in(request.getfixturevalue(who))


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_our_own_people_open_what_is_theirs(
    who: str, ours: House, command_id: str, request: pytest.FixtureRequest, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(request.getfixturevalue(who))
    opened = 0
    for route, kind in ROUTES.items():
        if kind not in {"fleet", "key"}:
            continue
        address = address_of(route, ours, command_id)
        response = client.get(address)
        assert response.status_code in {200, 202, 404, 405} if "map/" in route else {200, 405}, address
        opened += response.status_code == 200
    assert opened >= 5


def test_what_needs_a_person_sends_everybody_else_to_the_sign_in(ours: House, command_id: str) -> None:
    client = Client(raise_request_exception=False)
    for route, kind in ROUTES.items():
        if kind in {"fleet", "person"}:
            response = client.get(address_of(route, ours, command_id))
            assert response.status_code in {302, 405}, route
        if kind == "key":
            assert client.get(address_of(route, ours, command_id)).status_code in {401, 405}, route
