"""ID-09, B2-02, B2-04: whom somebody sees in user management."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Company, Role
from kolonne.portal.companies.queries import actor_of, rights_over
from kolonne.portal.companies.queries.people import READ, Wanted, list_people
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import PrivateProfile, State, User
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
QUERIES = json.loads(Path(__file__).with_name("query_counts.json").read_text())


def names(client: Client, address: str = "/people/") -> list[str]:
    """User ids on a page, in its order."""
    return re.findall(r'data-label="User id">([^<]*)<', client.get(address).content.decode())


def test_an_administrator_sees_the_people_of_the_organisation(
    alice: User, bob: User, dora: User, charlie: User, sam: User, signed_in: SignIn
) -> None:
    assert names(signed_in(alice)) == ["alice", "bob", "dora"]


def test_a_driver_sees_nobody(dora: User, signed_in: SignIn) -> None:
    assert signed_in(dora).get("/people/").status_code == 403


def test_a_markets_helper_sees_the_people_of_the_market(
    nora: User, alice: User, charlie: User, sam: User, gustav: User, sigrid: User, signed_in: SignIn
) -> None:
    """Private people too; of the operator's own people only those of the open organisation."""
    assert names(signed_in(nora)) == ["alice", "charlie", "nora", "sam", "sigrid"]


def test_another_market_sees_none_of_them(
    greta: User, alice: User, gustav: User, nora: User, signed_in: SignIn
) -> None:
    assert names(signed_in(greta)) == ["greta", "gustav"]


def test_guests_from_another_market_are_a_number_only(nora: User, gustav: User, ours: House, signed_in: SignIn) -> None:
    companies.add_member(actor=SYSTEM, company=ours.company, user=gustav, roles=[Role.DRIVER])
    page = signed_in(nora).get("/people/").content.decode()
    assert "gustav" not in page
    assert "1 more person" in page


def test_whom_the_list_shows_is_whom_the_rules_give(
    request: pytest.FixtureRequest, ours: House, german_fleet: Company, operator: Company
) -> None:
    """The list decides for many what `rights_over` decides for one."""
    cast = ("nora", "sigrid", "greta", "gustav", "alice", "bob", "charlie", "sam", "wanda", "erik")
    nora, sigrid, greta, gustav, _, bob, charlie, *_, erik = (request.getfixturevalue(name) for name in cast)
    companies.add_member(actor=SYSTEM, company=german_fleet, user=bob, roles=[Role.DRIVER])
    companies.add_member(actor=SYSTEM, company=operator, user=charlie, roles=[Role.SUPPORT_AGENT])
    companies.add_member(actor=SYSTEM, company=ours.company, user=gustav, roles=[Role.DRIVER])
    PrivateProfile.objects.create(user=erik)
    for helper in (nora, greta, sigrid):
        actor = actor_of(helper)
        with company_scope(actor.company_ids):
            colleagues = {user.pk for user in User.objects.filter(memberships__company__in=actor.company_ids)}
        shown = {user.pk for user in list_people(actor, Wanted()).people} - colleagues - {helper.pk}
        ruled = {user.pk for user in User.objects.all() if READ in rights_over(actor, user)}
        assert shown - ruled == set()
        assert {pk for pk in ruled if pk not in shown and pk not in colleagues} == set()


def test_search_and_filter(alice: User, bob: User, dora: User, signed_in: SignIn) -> None:
    User.objects.filter(pk=bob.pk).update(state=State.BLOCKED)
    client = signed_in(alice)
    assert names(client, "/people/?q=dora+test") == ["dora"]
    assert names(client, "/people/?q=BOB@example") == ["bob"]
    assert names(client, "/people/?state=blocked") == ["bob"]
    assert names(client, "/people/?q=nobody") == []
    page = client.get("/people/").content.decode()
    assert re.search(r"Blocked <b>1</b>", page)
    assert re.search(r"All <b>3</b>", page)


@pytest.mark.parametrize(
    "query", ["state=x", "organisation=²", "organisation=" + "9" * 5000, "page=-1", "page=x", "q=%00", "organisation=1"]
)
def test_what_an_address_cannot_mean_does_no_harm(query: str, alice: User, signed_in: SignIn) -> None:
    assert signed_in(alice).get(f"/people/?{query}").status_code == 200


def test_somebody_elses_organisation_filters_to_nobody(
    alice: User, charlie: User, theirs: House, signed_in: SignIn
) -> None:
    assert names(signed_in(alice), f"/people/?organisation={theirs.company.pk}") == []


def test_fifty_people_stand_on_a_page(alice: User, ours: House, signed_in: SignIn) -> None:
    for number in range(59):
        person(f"driver{number:02}", ours, Role.DRIVER)
    client = signed_in(alice)
    assert len(names(client)) == 50
    assert len(names(client, "/people/?page=2")) == 10


def queries_of(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


@pytest.mark.parametrize("who", ["alice", "nora"])
def test_the_list_needs_as_many_queries_for_sixty_people_as_for_three(
    who: str, ours: House, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    """The numbers are committed, so that one more is a diff."""
    viewer = request.getfixturevalue(who)
    client, actor = signed_in(viewer), actor_of(viewer)
    client.get("/people/")  # keeps in the audit that somebody looked
    found = []
    for number in range(60):
        person(f"driver{number:02}", ours, Role.DRIVER)
        if number in {2, 59}:
            found.append([queries_of(lambda: client.get("/people/")), queries_of(lambda: list_people(actor, Wanted()))])
    assert found[0] == found[1]
    assert found[1][1] == QUERIES[f"list_people as {who}"]
