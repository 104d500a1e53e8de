"""VE-01, VE-02: the page of the company's administrator."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kolonne.portal.companies import codes, hooks
from kolonne.portal.companies.findings import Finding
from kolonne.portal.companies.models import Company, Role, VerificationCase
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.tests import desk
from kolonne.portal.companies.tests.desk import case_of, decide, fresh, opened
from kolonne.portal.companies.verification_step import verification_step
from kolonne.portal.conftest import House, person
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
PAGE = "/verification/"


@pytest.fixture
def ours_waits(ours: House) -> Company:
    return desk.unverify(ours.company)


@pytest.fixture
def dagny(db: None) -> Actor:
    return actor_of(person("dagny", desk.a_dealer("Bergen Varebil AS"), Role.DEALER_EMPLOYEE))


def last_case(company: Company) -> VerificationCase:
    with company_scope([company.pk]):
        return VerificationCase.objects.filter(company=company).latest("pk")


def body(client: Client, address: str = PAGE) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def test_without_a_date_of_birth_the_page_sends_to_the_own_data(
    ours_waits: Company, alice: User, signed_in: SignIn
) -> None:
    client = signed_in(alice)
    assert 'href="/account/data/"' in body(client)
    client.post("/verification/case/")
    with company_scope([ours_waits.pk]):
        assert not VerificationCase.objects.exists()


def test_a_code_is_shown_with_a_picture_that_needs_nothing_from_outside(
    ours_waits: Company, alice: User, signed_in: SignIn
) -> None:
    client = signed_in(desk.born(alice))
    assert client.get("/verification/code.svg").status_code == 404
    client.post("/verification/case/")
    code = last_case(ours_waits).code
    assert codes.grouped(code) in body(client)
    picture = client.get("/verification/code.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"<svg" in picture.content
    assert b"href" not in picture.content
    assert b"style" not in picture.content
    assert "no-store" in picture["Cache-Control"]


def test_a_new_code_replaces_the_old_one(ours_waits: Company, alice: User, signed_in: SignIn) -> None:
    client = signed_in(desk.born(alice))
    client.post("/verification/case/")
    first = last_case(ours_waits)
    client.post("/verification/case/", {"how": "remote"})
    second = last_case(ours_waits)
    assert second.is_remote
    assert codes.grouped(first.code) not in body(client)
    assert codes.grouped(second.code) in body(client)


def test_nobody_else_sees_the_code(
    ours_waits: Company, alice: User, bob: User, charlie: User, signed_in: SignIn
) -> None:
    code = codes.grouped(case_of(alice, ours_waits).code)
    other = person("anna", ours_waits, Role.ADMINISTRATOR)
    assert code not in body(signed_in(other))
    assert code not in body(signed_in(charlie))
    assert signed_in(bob).get(PAGE).status_code == 404
    assert signed_in(other).get("/verification/code.svg").status_code == 404


def test_the_page_says_who_opened_the_case_and_what_was_found(
    ours_waits: Company, alice: User, dagny: Actor, signed_in: SignIn
) -> None:
    case = opened(dagny, case_of(alice, ours_waits))
    client = signed_in(alice)
    assert "Bergen Varebil AS opened your case" in body(client)
    decide(dagny, case, company=Finding(verified=False, reason="The extract is of 2019"))
    page = body(client)
    assert "The extract is of 2019" in page
    assert "Make a code" in page
    decide(dagny, opened(dagny, case_of(alice, ours_waits)))
    assert "is verified" in body(client)


def test_dealers_are_found_by_place_with_their_address_and_chosen_as_partner(
    ours_waits: Company, alice: User, signed_in: SignIn
) -> None:
    bergen, oslo = desk.a_dealer("Vest Varebil AS"), desk.a_dealer("Hovedstaden AS", city="Oslo")
    desk.a_dealer("Spree Auto GmbH", market="de")
    client = signed_in(alice)
    everybody = body(client)
    assert bergen.name in everybody
    assert "Spree" not in everybody
    found = body(client, PAGE + "?place=oslo")
    assert oslo.name in found
    assert "Kaigaten 1" in found
    assert bergen.name not in found
    assert bergen.name in body(client, PAGE + "?place=5003")
    client.post("/verification/partner/", {"partner": oslo.pk})
    assert fresh(ours_waits).partner_id == oslo.pk
    assert client.post("/verification/partner/", {"partner": ours_waits.pk}).status_code == 404


def test_the_start_page_names_the_step_until_nothing_waits(
    ours_waits: Company, alice: User, bob: User, dagny: Actor
) -> None:
    step = verification_step(actor_of(alice), ours_waits)
    assert step is not None
    assert not step.is_done
    assert verification_step(actor_of(bob), ours_waits) is None
    assert step in hooks.next_steps(actor_of(alice), ours_waits)
    decide(dagny, opened(dagny, case_of(alice, ours_waits)))
    done = verification_step(actor_of(alice), fresh(ours_waits))
    assert done is not None
    assert done.is_done


def test_a_code_that_nobody_opened_in_time_is_named(ours_waits: Company, alice: User, signed_in: SignIn) -> None:
    case = case_of(alice, ours_waits)
    with company_scope([ours_waits.pk]):
        VerificationCase.objects.filter(pk=case.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert "Your code is too old" in body(signed_in(alice))


def test_a_verified_company_with_a_changed_person_is_told_what_to_do(
    ours_waits: Company, alice: User, dagny: Actor, signed_in: SignIn
) -> None:
    """CO-03: nothing was refused, so nothing is to be corrected."""
    decide(dagny, opened(dagny, case_of(alice, ours_waits)))
    alice.refresh_from_db()
    alice.first_name, alice.verification = "Alicia", Verification.UNVERIFIED
    alice.save()
    page = body(signed_in(alice))
    assert "Get your code" in page
    assert "Correct what the dealer found" not in page
    assert "a dealer has to compare them again" in page
    assert "extract of the company register" not in page


def test_other_administrators_see_that_there_is_a_case(ours_waits: Company, alice: User, signed_in: SignIn) -> None:
    case_of(alice, ours_waits)
    other = person("anna", ours_waits, Role.ADMINISTRATOR)
    assert "Alice Test has a case of the same company" in body(signed_in(other))


def test_making_codes_is_limited(ours_waits: Company, alice: User, signed_in: SignIn) -> None:
    client = signed_in(desk.born(alice))
    for _ in range(22):
        client.post("/verification/case/")
    with company_scope([ours_waits.pk]):
        assert VerificationCase.objects.count() == 20
