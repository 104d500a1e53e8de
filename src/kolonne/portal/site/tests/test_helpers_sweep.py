"""ID-06, ID-09, B2-04: every route by which people and organisations are managed, as everybody who manages some.

A market's administrator finds and changes nobody outside the market, an organisation's administrator nobody outside
the organisation, and nobody gives a right to himself.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from kolonne.portal.companies.models import AccessRequest, ApplicationGrant, Company, Membership, Role
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.scope import company_scope, user_scope
from kolonne.portal.site.tests.sweep import MANAGED, ROUTES, VERBS, Targets, address_of, body_of, digest_of, targets

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

EVERYTHING: dict[str, Any] = {
    "roles": [role.value for role in Role], "role": Role.MARKET_ADMINISTRATOR.value, "rights": ["use", "order"],
    "right": "use", "application": "parts", "granted": "1", "grant": "1", "answer": "grant", "state": State.ACTIVE,
    "reason": "x", "confirm": "1", "name": "Changed", "market": "no", "kind": "operator", "second_factor_for_all": "on",
}  # fmt: skip
"""Fields that a form might read; all of them at once."""


def managed_routes(*, of_one: bool) -> list[str]:
    """`of_one`: those about one person, organisation or request."""
    return [route for route, kind in ROUTES.items() if kind in MANAGED and ("<" in route) == of_one]


@pytest.fixture
def in_norway(ours: House, bob: User) -> Targets:
    return targets(bob, ours.company)


@pytest.fixture
def in_germany(german_fleet: Company, gustav: User) -> Targets:
    return targets(gustav, german_fleet)


@pytest.mark.parametrize(
    ("who", "where"),
    [("greta", "in_norway"), ("nora", "in_germany"), ("sigrid", "in_germany"), ("gustav", "in_norway")],
)
def test_a_market_ends_at_its_border(who: str, where: str, request: pytest.FixtureRequest, signed_in: SignIn) -> None:
    to: Targets = request.getfixturevalue(where)
    client = signed_in(request.getfixturevalue(who))
    before = digest_of(to, [to.person])
    for route in managed_routes(of_one=True):
        for verb in VERBS:
            if verb == "POST":
                response = client.post(address_of(route, to), EVERYTHING)
            else:
                response = client.generic(verb, address_of(route, to))
            # Who gives nobody access is told so; a request that is not his looks like one that was answered already.
            refused = {302, 403, 404, 405} if ROUTES[route] == "access" else {404, 405}
            assert response.status_code in refused, f"{verb} {route} as {who}"
            assert to.person.email not in body_of(response)
    for route in managed_routes(of_one=False):
        body = body_of(
            client.get(address_of(route, to), {"organisation": to.company.pk, "market": to.person.market_id})
        )
        assert to.person.email not in body, route
        assert to.company.name not in body, route
    assert digest_of(to, [to.person]) == before


@pytest.mark.parametrize(("who", "at_least"), [("alice", 15), ("nora", 15), ("sigrid", 6)])
def test_those_who_are_responsible_open_what_is_theirs(
    who: str, at_least: int, in_norway: Targets, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    client = signed_in(request.getfixturevalue(who))
    opened = 0
    for route in managed_routes(of_one=True):
        status = client.get(address_of(route, in_norway)).status_code
        # The bin leads on to the page that asks.
        assert status in {200, 403, 404, 405} | ({302} if route.endswith("/out/") else set()), route
        opened += status == 200
    assert opened >= at_least


def rights_of(user: User) -> list[Any]:
    """Everything from which somebody's rights come."""
    with user_scope(user.pk):
        memberships = list(Membership.objects.filter(user=user).order_by("pk"))
    with company_scope([member.company_id for member in memberships]):
        grants = list(ApplicationGrant.objects.filter(membership__in=memberships).order_by("pk").values())
        waiting = AccessRequest.objects.filter(membership__in=memberships).count()
    row = User.objects.values("username", "state", "password", "email", "market", "renewal_until", "first_name")
    return [[(member.company_id, member.roles) for member in memberships], grants, waiting, row.get(pk=user.pk)]


@pytest.mark.parametrize("who", ["alice", "bob", "dora", "wanda", "nora", "sigrid", "greta", "gustav", "kari"])
def test_nobody_gives_himself_a_right(who: str, request: pytest.FixtureRequest, signed_in: SignIn) -> None:
    """Every such route by form, with one's own ids and everything that a form might read."""
    user: User = request.getfixturevalue(who)
    with user_scope(user.pk):
        mine = Membership.objects.get(user=user)
    with company_scope([mine.company_id]):
        company = Company.objects.select_related("company").get(pk=mine.company_id)
    to = targets(user, company)
    fields = EVERYTHING | {
        "membership": mine.pk, "person": user.pk, "user": user.pk, "member": mine.pk, "request": to.access_request,
        "organisation": company.pk, f"rights-{mine.pk}": ["use", "order"], "parts": ["use", "order"],
    }  # fmt: skip
    client, before = signed_in(user), rights_of(user)
    for route in (*managed_routes(of_one=True), *managed_routes(of_one=False)):
        address = address_of(route, to)
        client.post(address, fields)
        client.post(address, {name: value[0] if isinstance(value, list) else value for name, value in fields.items()})
        assert rights_of(user) == before, address
