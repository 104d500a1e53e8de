"""VE-02, VE-04: the pages of a dealer's people, and of those who have no business there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies import actions
from kolonne.portal.companies.models import Company, Role, VerificationCase
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.tests import desk
from kolonne.portal.companies.tests.desk import BORN, case_of, fresh, opened
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity import limits
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.tests.sweep import ROUTES, VERBS, body_of

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def nobody_tried_before() -> None:
    cache.clear()


@pytest.fixture
def ours_waits(ours: House) -> Company:
    return desk.unverify(ours.company)


@pytest.fixture
def dealer(db: None) -> Company:
    return desk.a_dealer("Bergen Varebil AS")


@pytest.fixture
def dagny(dealer: Company) -> User:
    return person("dagny", dealer, Role.DEALER_EMPLOYEE)


@pytest.fixture
def rolf(db: None) -> User:
    """Of another dealer."""
    return person("rolf", desk.a_dealer("Rivalen AS"), Role.ADMINISTRATOR)


@pytest.fixture
def case(ours_waits: Company, alice: User) -> VerificationCase:
    return case_of(alice, ours_waits)


def words(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return body_of(response)


def fields(client: Client, pk: int, **changes: str) -> dict[str, Any]:
    form = client.get(f"/customers/cases/{pk}/").context["view"]
    return {
        "seen": form.seen,
        "document": "passport",
        "expires_on": (timezone.localdate() + timedelta(days=90)).isoformat(),
        "first_name": "Alice",
        "last_name": "Test",
        "birth_date": BORN.isoformat(),
        "person": "verified",
        "company": "verified",
    } | changes


def test_the_whole_visit(case: VerificationCase, dagny: User, alice: User, ours: House, signed_in: SignIn) -> None:
    client = signed_in(dagny)
    assert ours.company.name not in words(client, "/customers/")
    scanned = words(client, f"/customers/code/{case.code}/")
    assert "Alice" not in scanned
    assert case.company.name not in scanned
    response = client.post("/customers/code/", {"code": case.code.lower()})
    page = f"/customers/cases/{case.pk}/"
    assert response["Location"] == page
    assert ours.company.name in words(client, "/customers/")
    assert "Alice" in words(client, page)
    filled = fields(client, case.pk)
    summary = client.post(page, filled)
    assert "Are these your findings?" in body_of(summary)
    assert fresh(ours.company).verification == Verification.UNVERIFIED
    kept = dict(summary.context["kept"]) | {"seen": filled["seen"], "confirm": "1"}
    assert client.post(page, kept)["Location"] == page
    assert fresh(ours.company).verification == Verification.VERIFIED
    closed = words(client, page)
    assert "Decided by Dagny Test" in closed
    assert str(BORN.year) not in closed
    again = body_of(client.post(page, kept))
    assert "Decided by Dagny Test" in again


def test_what_a_dealer_looks_at_stands_in_the_customers_audit(
    case: VerificationCase, dagny: User, alice: User, ours: House, signed_in: SignIn
) -> None:
    """NF-06"""
    client = signed_in(dagny)
    opened(actor_of(dagny), case)
    for _ in range(2):
        words(client, f"/customers/cases/{case.pk}/")
        words(client, f"/customers/{ours.company.pk}/")
    with company_scope([ours.company.pk]):
        looks = Entry.objects.filter(verb__in=["companies.case.viewed", "companies.customer.viewed"])
        assert sorted((entry.verb, entry.actor) for entry in looks) == [
            ("companies.case.viewed", "Dagny Test"),
            ("companies.customer.viewed", "Dagny Test"),
        ]
        assert alice.pk in looks.get(verb="companies.case.viewed").people


def test_differences_are_marked_and_cannot_be_verified(
    case: VerificationCase, dagny: User, ours: House, signed_in: SignIn
) -> None:
    client = signed_in(dagny)
    opened(actor_of(dagny), case)
    page = f"/customers/cases/{case.pk}/"
    wrong = body_of(client.post(page, fields(client, case.pk, last_name="Other", confirm="1")))
    assert "d-differs" in wrong
    assert "cannot be verified" in wrong
    expired = fields(client, case.pk, expires_on=(timezone.localdate() - timedelta(days=1)).isoformat(), confirm="1")
    assert "is expired" in body_of(client.post(page, expired))
    unsaid = fields(client, case.pk, person="refused", company="refused", confirm="1")
    assert "Say why" in body_of(client.post(page, unsaid))
    assert fresh(ours.company).verification == Verification.UNVERIFIED


def test_changed_data_are_shown_and_named(case: VerificationCase, dagny: User, alice: User, signed_in: SignIn) -> None:
    client = signed_in(dagny)
    opened(actor_of(dagny), case)
    page, before = f"/customers/cases/{case.pk}/", fields(client, case.pk)
    alice.first_name = "Alicia"
    alice.save()
    late = body_of(client.post(page, {**before, "confirm": "1"}))
    assert "were changed meanwhile" in late
    assert "Alicia" in late
    assert "changed name or date of birth after the case was opened" in words(client, page)


@pytest.mark.parametrize("code", ["ABC", "2222222222", "K7M-2P9-XQ4!"])
def test_guessed_codes_open_nothing(code: str, case: VerificationCase, dagny: User, signed_in: SignIn) -> None:
    response = signed_in(dagny).post("/customers/code/", {"code": code})
    assert response.status_code == 200
    assert case.company.name not in body_of(response)


def test_codes_of_others_say_plainly_why_they_do_not_open(
    case: VerificationCase, dagny: User, rolf: User, signed_in: SignIn
) -> None:
    opened(actor_of(rolf), case)
    response = body_of(signed_in(dagny).post("/customers/code/", {"code": case.code}))
    assert "Another dealer opened this case already" in response
    assert case.company.name not in response


def test_trying_codes_is_limited_for_a_person_and_a_dealer(
    dagny: User, dealer: Company, rolf: User, signed_in: SignIn
) -> None:
    client = signed_in(dagny)
    answers = [client.post("/customers/code/", {"code": "2222222222"}).status_code for _ in range(31)]
    assert answers[:30] == [200] * 30
    assert answers[30] == 429
    for _ in range(200):
        limits.allows("case_code_dealer", dealer.pk)
    colleague = person("stine", dealer, Role.DEALER_EMPLOYEE)
    assert signed_in(colleague).post("/customers/code/", {"code": "2222222222"}).status_code == 429
    assert signed_in(rolf).post("/customers/code/", {"code": "2222222222"}).status_code == 200


def test_another_dealer_learns_nothing_by_any_route(
    case: VerificationCase, dagny: User, rolf: User, alice: User, ours: House, signed_in: SignIn
) -> None:
    opened(actor_of(dagny), case)
    client, before = signed_in(rolf), body_of(signed_in(dagny).get(f"/customers/cases/{case.pk}/"))
    for route, kind in ROUTES.items():
        if kind != "verification":
            continue
        for pk in {case.pk, ours.company.pk}:
            address = "/" + route.replace("<int:pk>", str(pk)).replace("<str:code>", "wrong")
            for verb in VERBS:
                response = client.generic(verb, address)
                body = body_of(response)
                assert response.status_code < 500, address
                assert alice.email not in body
                assert ours.company.name not in body, f"{verb} {address}"
                if "<int:pk>" in route and verb in {"GET", "POST"}:
                    assert response.status_code in {404, 405}, address
    assert "Alice" in before
    with company_scope(ours.scope):
        assert VerificationCase.objects.get(pk=case.pk).closed_at is None


@pytest.mark.parametrize("who", ["bob", "charlie", "sam", "sigrid", "wanda"])
def test_people_of_no_dealer_have_no_desk(
    who: str, case: VerificationCase, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    client = signed_in(request.getfixturevalue(who))
    for address in (
        "/customers/",
        "/customers/code/",
        f"/customers/cases/{case.pk}/",
        f"/customers/{case.company_id}/",
    ):
        assert client.get(address).status_code == 404, address


def test_the_customer_who_scans_his_own_screen_comes_to_his_page(
    case: VerificationCase, alice: User, signed_in: SignIn
) -> None:
    assert signed_in(alice).get(f"/customers/code/{case.code}/")["Location"] == "/verification/"


def test_a_partner_sees_little_and_contacts_only_while_a_case_is_open(
    case: VerificationCase, dealer: Company, dagny: User, alice: User, ours: House, signed_in: SignIn
) -> None:
    """VE-04"""
    client, page = signed_in(dagny), f"/customers/{ours.company.pk}/"
    assert client.get(page).status_code == 404
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(partner=dealer.pk, city="Voss")
    seen = words(client, page)
    assert "Voss" in seen
    assert alice.email not in seen
    opened(actor_of(dagny), case)
    assert alice.email in words(client, page)


def test_customers_are_searched_and_paged_with_a_constant_number_of_queries(
    dealer: Company, dagny: User, ours: House, signed_in: SignIn
) -> None:
    client = signed_in(dagny)
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(partner=dealer.pk)
    client.get("/customers/")
    with CaptureQueriesContext(connection) as few:
        assert ours.company.name in words(client, "/customers/")
    for number in range(60):
        company = actions.create_company(actor=SYSTEM, name=f"Kunde {number:02}", market="no")
        with company_scope([company.pk]):
            Company.objects.filter(pk=company.pk).update(partner=dealer.pk)
    with CaptureQueriesContext(connection) as many:
        page = words(client, "/customers/")
    assert len(many) == len(few)
    assert "61 customers" in page
    assert "Kunde 48" in page
    assert "Kunde 55" not in page
    assert "Kunde 55" in words(client, "/customers/?page=2")
    assert "Kunde 48" not in words(client, "/customers/?q=kunde+55")


def test_the_markets_administrator_sees_checks_from_afar_and_nothing_else(
    ours_waits: Company, alice: User, dagny: User, nora: User, greta: User, signed_in: SignIn
) -> None:
    """VE-05"""
    remote = opened(actor_of(dagny), case_of(alice, ours_waits, is_remote=True))
    assert ours_waits.name not in words(signed_in(nora), "/customers/")
    desk.decide(actor_of(dagny), remote)
    assert ours_waits.name in words(signed_in(nora), "/customers/")
    assert ours_waits.name not in words(signed_in(greta), "/customers/")
    page = f"/customers/cases/{remote.pk}/"
    assert "did the first check" in words(signed_in(nora), page)
    assert "You did the first check" in words(signed_in(dagny), page)
    assert signed_in(greta).get(page).status_code == 404
    signed_in(nora).post(page + "reject/")
    assert ours_waits.name not in words(signed_in(nora), "/customers/")
