"""ID-09, ID-12: administrators give and take rights in applications, in their own organisation and never their own."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies import actions
from kolonne.portal.companies.models import AccessRequest, ApplicationGrant, Kind, Membership, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import Application, User
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def shop(db: None) -> Application:
    """An application for everybody."""
    return Application.objects.create(code="parts-shop", name="Parts shop", rights=["use", "order"], kinds=[])


@pytest.fixture
def bench(db: None) -> Application:
    """An application for workshops."""
    return Application.objects.create(code="test-bench", name="Test bench", rights=["use"], kinds=[Kind.WORKSHOP])


def member(user: User, house: House) -> Membership:
    with company_scope(house.scope):
        return Membership.objects.select_related("company__company", "user").get(user=user, company=house.company)


def rights(user: User, house: House) -> list[str]:
    with company_scope(house.scope):
        grant = ApplicationGrant.objects.filter(membership__user=user).first()
    return grant.rights if grant else []


def asked(user: User, house: House, application: Application) -> AccessRequest:
    return actions.ask_for_access(actor=actor_of(user), membership=member(user, house), application=application)


def test_rights_are_given_changed_and_taken_away(
    ours: House, alice: User, bob: User, shop: Application, signed_in: SignIn
) -> None:
    client, page = signed_in(alice), f"/access-rights/{member(bob, ours).pk}/parts-shop/"
    for wanted in (["use"], ["use", "order"], []):
        assert client.post(page, {"rights": wanted}).status_code == 302
        assert rights(bob, ours) == wanted
    with company_scope(ours.scope):
        verbs = list(
            Entry.objects.filter(verb__startswith="companies.access.", user_id=alice.pk).values_list("verb", flat=True)
        )
    assert sorted(verbs) == ["companies.access.granted", "companies.access.granted", "companies.access.taken"]


def test_saving_what_stands_there_writes_nothing(
    ours: House, alice: User, bob: User, shop: Application, signed_in: SignIn
) -> None:
    signed_in(alice).post(f"/access-rights/{member(bob, ours).pk}/parts-shop/", {"rights": []})
    with company_scope(ours.scope):
        assert not Entry.objects.filter(verb="companies.access.taken").exists()


def test_a_right_that_the_application_does_not_have_is_refused(
    ours: House, alice: User, bob: User, shop: Application, signed_in: SignIn
) -> None:
    answer = signed_in(alice).post(f"/access-rights/{member(bob, ours).pk}/parts-shop/", {"rights": ["use", "root"]})
    assert "This application has no such right." in answer.content.decode()
    assert rights(bob, ours) == []


def test_nobody_gives_himself_a_right(ours: House, alice: User, shop: Application, signed_in: SignIn) -> None:
    client = signed_in(alice)
    own = f"/access-rights/{member(alice, ours).pk}/parts-shop/"
    assert "another administrator changes your rights" in client.get("/access-rights/").content.decode()
    assert own not in client.get("/access-rights/").content.decode()
    assert client.get(own).status_code == 409
    assert client.post(own, {"rights": ["use"]}).status_code == 409
    request = asked(alice, ours, shop)
    assert client.post(f"/access-rights/requests/{request.pk}/", {"answer": "grant"}).status_code == 409
    assert rights(alice, ours) == []


@pytest.mark.parametrize(("answer", "given"), [("grant", ["use"]), ("refuse", [])])
def test_a_request_is_answered_with_one_click(
    answer: str, given: list[str], ours: House, alice: User, bob: User, shop: Application, signed_in: SignIn
) -> None:
    request, client = asked(bob, ours, shop), signed_in(alice)
    assert "asks for Parts shop" in client.get("/access-rights/").content.decode()
    client.post(f"/access-rights/requests/{request.pk}/", {"answer": answer})
    assert rights(bob, ours) == given
    assert "asks for Parts shop" not in client.get("/access-rights/").content.decode()
    again = client.post(f"/access-rights/requests/{request.pk}/", {"answer": "grant"}, follow=True)
    assert "answered already" in again.content.decode()
    assert rights(bob, ours) == given


def test_an_answer_that_is_neither_yes_nor_no_is_none(
    ours: House, alice: User, bob: User, shop: Application, signed_in: SignIn
) -> None:
    request = asked(bob, ours, shop)
    signed_in(alice).post(f"/access-rights/requests/{request.pk}/", {"answer": "perhaps"})
    with company_scope(ours.scope):
        assert AccessRequest.objects.filter(pk=request.pk).exists()


def test_only_applications_for_this_kind_of_organisation_are_offered(
    ours: House, alice: User, bob: User, shop: Application, bench: Application, signed_in: SignIn
) -> None:
    client = signed_in(alice)
    page = client.get("/access-rights/").content.decode()
    assert "Parts shop" in page
    assert "Test bench" not in page
    assert client.post(f"/access-rights/{member(bob, ours).pk}/test-bench/", {"rights": ["use"]}).status_code == 404


@pytest.mark.parametrize("who", ["charlie", "gustav", "wanda"])
def test_people_of_another_organisation_do_not_exist(
    who: str, ours: House, bob: User, shop: Application, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    waiting = asked(bob, ours, shop)
    client = signed_in(request.getfixturevalue(who))
    assert "Bob Test" not in client.get("/access-rights/").content.decode()
    assert client.get(f"/access-rights/{member(bob, ours).pk}/parts-shop/").status_code == 404
    assert client.post(f"/access-rights/{member(bob, ours).pk}/parts-shop/", {"rights": ["use"]}).status_code == 404
    client.post(f"/access-rights/requests/{waiting.pk}/", {"answer": "grant"})
    assert rights(bob, ours) == []


@pytest.mark.parametrize("who", ["bob", "dora", "erik", "nora", "sigrid", "sam"])
def test_without_the_right_to_grant_there_is_no_page(
    who: str, ours: House, dora: User, shop: Application, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    """Not even a market's administrator gives rights in organisations that are not his."""
    client = signed_in(request.getfixturevalue(who))
    assert client.get("/access-rights/").status_code == 403
    assert client.post(f"/access-rights/{member(dora, ours).pk}/parts-shop/", {"rights": ["use"]}).status_code == 403
    assert rights(dora, ours) == []


def test_it_is_filtered_by_person(ours: House, alice: User, bob: User, shop: Application, signed_in: SignIn) -> None:
    client = signed_in(alice)
    page = client.get("/access-rights/?q=bob").content.decode()
    assert "Bob Test" in page
    assert "<b>Alice Test</b><small>" not in page
    assert "Nobody fits" in client.get("/access-rights/?q=nobody%00&page=x").content.decode()


def test_without_applications_it_says_who_adds_them(ours: House, alice: User, signed_in: SignIn) -> None:
    Application.objects.update(kinds=[Kind.DEALER])
    assert "No application to give yet" in signed_in(alice).get("/access-rights/").content.decode()


def test_looking_at_it_stands_in_the_audit_once(ours: House, alice: User, shop: Application, signed_in: SignIn) -> None:
    """NF-06."""
    client = signed_in(alice)
    for _ in range(3):
        client.get("/access-rights/")
    with company_scope(ours.scope):
        assert Entry.objects.filter(verb="companies.access.viewed", user_id=alice.pk).count() == 1


def test_the_number_of_queries_does_not_grow_with_the_people(
    ours: House, alice: User, shop: Application, signed_in: SignIn
) -> None:
    client = signed_in(alice)

    def queries_of_the_page() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/access-rights/")
        return len(captured)

    queries_of_the_page()
    few = queries_of_the_page()
    for number in range(10):
        user = person(f"more{number}", ours, Role.DRIVER)
        actions.grant_access(actor=SYSTEM, membership=member(user, ours), application=shop, rights=["use"])
    assert queries_of_the_page() == few
