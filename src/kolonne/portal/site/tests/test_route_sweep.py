"""NF-03, ID-09: every route, with every verb, as everybody; with the ids of a company that is not theirs.

The list of routes is taken from Django itself, so that a new one cannot be forgotten: it fails here until somebody
writes into `routes.toml` who may open it. Whatever a stranger does, our company's words never appear in an answer,
and our company's rows and people never change.
"""

from collections.abc import Callable

import pytest
from django.test import Client

from kolonne.portal.commands import actions as commands_actions
from kolonne.portal.commands.models import Command
from kolonne.portal.companies import actions as companies_actions
from kolonne.portal.companies.queries import known_scopes
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.site.tests.sweep import (
    MANAGED,
    ROUTES,
    VERBS,
    Targets,
    address_of,
    all_routes,
    body_of,
    digest_of,
    targets,
)

LOCK = b'{"command": "lock"}'
INSIDE = {"fleet", "key", "business"} | MANAGED
COMPANYS_OWN = {"organisations/<int:pk>/", "organisations/<int:pk>/history/"}
"""Pages that everybody of a company may read."""
THEIRS_TOO = {("kari", "customers/<int:pk>/")}
"""The company's own dealer looks at his customer, which stands in its audit."""
EVERY_VERB = {"anonymous", "charlie", "their key"}
"""Who tries every verb everywhere; the others only those that pages use. `test_helpers_sweep` has more."""
LAST = "account/delete/now/"
"""Whoever belongs nowhere deletes himself there, and can try nothing more."""

pytestmark = pytest.mark.django_db


def test_every_route_is_listed_with_who_may_open_it() -> None:
    assert sorted(set(all_routes()) ^ set(ROUTES)) == []


@pytest.fixture
def our_own(our_scope: House, bob: User, bobs_actor: Actor) -> Targets:
    command = commands_actions.request_command(
        actor=bobs_actor, vehicle=our_scope.vehicle, order=commands_actions.Order("lock"), idempotency_key="sweep-1"
    )
    assert isinstance(command, Command)
    return targets(bob, our_scope.company, our_scope, str(command.pk))


@pytest.mark.parametrize("who", ["anonymous", "charlie", "sam", "dora", "their key", "greta", "wanda", "frode", "kari"])
def test_a_stranger_learns_nothing_and_changes_nothing(
    who: str,
    our_own: Targets,
    alice: User,
    theirs: House,
    request: pytest.FixtureRequest,
    signed_in: Callable[[User], Client],
) -> None:
    house = our_own.house
    assert house is not None
    ours_only = [house.vehicle.vin, house.vehicle.plate, our_own.command, house.module.serial, our_own.person.email]
    if who not in {"dora", "kari"}:  # a driver, and the company's own dealer, may see its name
        ours_only.append(house.company.name)
    _client_of(who, theirs, request, signed_in)  # makes the person before the rows are counted
    before = digest_of(our_own, [our_own.person, alice])
    for route, kind in sorted(ROUTES.items(), key=lambda one: one[0] == LAST):
        if (who, route) in THEIRS_TOO:
            continue
        address = address_of(route, our_own)
        client = _client_of(who, theirs, request, signed_in)  # anew, because one of the routes signs out
        for verb in VERBS if who in EVERY_VERB else ("GET", "POST"):
            response = client.generic(verb, address, LOCK, content_type="application/json")
            where = f"{verb} {address} as {who}"
            assert response.status_code < 500, where
            body = body_of(response).replace(address, "")
            assert not [word for word in ours_only if word in body], where
            if kind in INSIDE and "<" in route and verb in {"GET", "POST"}:
                # A request for access that is not theirs looks like one that was answered already.
                answered = {302} if "requests/<int:pk>/" in route and kind == "access" else set()
                own = {200} if route in COMPANYS_OWN and who == "dora" else set()
                assert response.status_code in _refusals(who, kind) | answered | own, where
    assert digest_of(our_own, [our_own.person, alice]) == before


def _refusals(who: str, kind: str) -> set[int]:
    if who == "anonymous" or (who == "their key" and kind != "key"):
        return {302, 401, 403, 405}
    # People who may do such a thing nowhere are told so before anybody looks whether it exists.
    has_none_of_it = {
        "greta": {"fleet", "key", "access", "business"},
        "wanda": {"fleet", "key", "business"},
        # Employees of a foreign dealer, and of our own: neither sees vans or people of its customers (VE-04).
        "frode": {"fleet", "key", "access", "business", "requests"},
        "kari": {"fleet", "key", "access", "business", "requests"},
    }
    may_nothing = who in {"sam", "dora"} or kind in has_none_of_it.get(who, set())
    return {403, 404, 405} if may_nothing else {404, 405}


def _client_of(who: str, theirs: House, request: pytest.FixtureRequest, signed_in: Callable[[User], Client]) -> Client:
    if who == "anonymous":
        return Client(raise_request_exception=False)
    if who == "their key":
        _, token = companies_actions.create_api_key(
            actor=SYSTEM, company=theirs.company, name="sweep", scopes=known_scopes()
        )
        return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
    return signed_in(request.getfixturevalue(who))


@pytest.mark.parametrize("who", ["sigrid", "nora"])
def test_helpers_of_the_market_see_no_vans(
    who: str, our_own: Targets, alice: User, request: pytest.FixtureRequest, signed_in: Callable[[User], Client]
) -> None:
    """They look after people and organisations; vans, and what was bought for them, are the company's (SU-02)."""
    house = our_own.house
    assert house is not None
    secrets = (house.vehicle.vin, house.vehicle.plate, our_own.command, house.module.serial)
    client = signed_in(request.getfixturevalue(who))
    before = digest_of(our_own, [our_own.person, alice])
    for route, kind in ROUTES.items():
        if kind not in {"fleet", "key", "business", "verification"}:
            continue
        for verb in ("GET", "POST"):
            response = client.generic(verb, address_of(route, our_own), LOCK, content_type="application/json")
            where, body = f"{verb} {route} as {who}", body_of(response)
            allowed = {302, 403, 404, 405} | ({200, 401, 422} if "<" not in route else set())
            assert response.status_code in allowed, where
            assert not [word for word in secrets if word in body], where
    assert digest_of(our_own, [our_own.person, alice]) == before


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_our_own_people_open_what_is_theirs(
    who: str, our_own: Targets, request: pytest.FixtureRequest, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(request.getfixturevalue(who))
    opened = 0
    for route, kind in ROUTES.items():
        if kind not in {"fleet", "key"}:
            continue
        address = address_of(route, our_own)
        response = client.get(address)
        assert response.status_code in {200, 202, 404, 405} if "map/" in route else {200, 405}, address
        opened += response.status_code == 200
    assert opened >= 5


def test_what_needs_a_person_sends_everybody_else_to_the_sign_in(our_own: Targets) -> None:
    client = Client(raise_request_exception=False)
    for route, kind in ROUTES.items():
        if kind in {"fleet", "person", "business"} | MANAGED:
            response = client.get(address_of(route, our_own))
            assert response.status_code in {302, 405}, route
        if kind == "key":
            assert client.get(address_of(route, our_own)).status_code in {401, 405}, route
