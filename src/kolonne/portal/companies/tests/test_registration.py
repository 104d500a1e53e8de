"""CO-01, CO-09: a company registers itself in few steps, and nothing is there before the last one."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.actions import registration
from kolonne.portal.companies.models import Company, CompanyVersion, Kind, Membership, Role
from kolonne.portal.companies.queries.registered import waiting_companies
from kolonne.portal.companies.tests.registration_cast import NYBY, SPREE, ingrid, registers, unhurried
from kolonne.portal.conftest import House
from kolonne.portal.identity import limits
from kolonne.portal.identity.models import Market, PrivateProfile, User, Verification
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
WAY = "/register/company/"
__all__ = ["ingrid", "unhurried"]


@pytest.fixture
def web(ingrid: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(ingrid)


def walks(client: Client, market: str = "no", **changes: str) -> Any:
    """Up to the last page, with what is changed; the answer to the details."""
    client.post(WAY + "country/", {"market": market})
    return client.post(WAY + "details/", (SPREE if market == "de" else NYBY) | changes)


def declares(client: Client) -> Any:
    return client.post(WAY + "confirm/", {"declared": "on"})


def test_three_steps_make_a_company_with_its_first_administrator(web: Client, ingrid: User) -> None:
    assert web.get(WAY)["Location"] == WAY + "country/"
    assert walks(web)["Location"] == WAY + "confirm/"
    assert "Nyby Bud AS" in web.get(WAY + "confirm/").content.decode()
    assert declares(web)["Location"] == "/start/"
    (company,) = waiting_companies(ingrid)
    with company_scope([company.pk]):
        assert (company.kind, company.market_id, company.verification) == (Kind.FLEET, "no", Verification.UNVERIFIED)
        assert (company.register_number, company.time_zone) == ("123456785", "Europe/Oslo")
        assert company.declared_by == "Ingrid Test"
        assert company.declared_at is not None
        version = CompanyVersion.objects.get(company=company)
        assert (version.generation, version.name, version.register_number) == (1, "Nyby Bud AS", "123456785")
        assert Membership.objects.get(company=company).roles == [Role.ADMINISTRATOR]
        verbs = set(Entry.objects.filter(company_id=company.pk).values_list("verb", flat=True))
    assert {"companies.company.registered", "companies.member.added"} <= verbs
    assert ProcrastinateJob.objects.filter(args__mail="company_registered").count() == 1


def test_a_german_company_lives_by_german_rules_and_its_person_with_it(web: Client, ingrid: User) -> None:
    walks(web, "de")
    declares(web)
    (company,) = waiting_companies(ingrid)
    assert (company.register_number, company.vat_number) == ("Berlin (Charlottenburg) HRB 4711", "DE123456788")
    assert company.time_zone == "Europe/Berlin"
    ingrid.refresh_from_db()
    assert ingrid.market_id == "de"


def test_another_market_has_a_sensible_form(web: Client, ingrid: User) -> None:
    Market.objects.create(code="se")
    facts = {"legal_form": "limited", "register_number": "556000-4615", "vat_number": "SE556000461501"}
    assert walks(web, "se", **facts)["Location"] == WAY + "confirm/"
    declares(web)
    assert waiting_companies(ingrid)[0].time_zone == "Europe/Stockholm"


@pytest.mark.parametrize("step", ["details", "confirm"])
def test_no_step_can_be_skipped(web: Client, ingrid: User, step: str) -> None:
    """ASVS 2.3.1: the business flow goes in its order only."""
    assert web.get(WAY + step + "/")["Location"] == WAY + "country/"
    assert web.post(WAY + step + "/", NYBY | {"declared": "on"})["Location"] == WAY + "country/"
    assert waiting_companies(ingrid) == []


def test_the_last_step_waits_for_the_one_before_it(web: Client, ingrid: User) -> None:
    web.post(WAY + "country/", {"market": "no"})
    assert declares(web)["Location"] == WAY + "details/"
    assert waiting_companies(ingrid) == []


def test_what_was_kept_is_checked_again_when_the_country_changes(web: Client) -> None:
    walks(web)
    web.post(WAY + "country/", {"market": "de"})
    assert web.get(WAY + "confirm/")["Location"] == WAY + "details/"
    page = web.get(WAY + "details/").content.decode()
    assert "Nyby Bud AS" in page
    assert "GmbH" in page


def test_going_back_and_reloading_lose_nothing(web: Client) -> None:
    walks(web, street="Kirkegata 7")
    assert web.get(WAY)["Location"] == WAY + "confirm/"
    for _ in range(2):
        page = web.get(WAY + "details/").content.decode()
        assert "Kirkegata 7" in page
        assert "123 456 785" in page
    assert web.get(WAY + "confirm/").status_code == 200


def test_without_the_declaration_there_is_no_company(web: Client, ingrid: User) -> None:
    walks(web)
    page = web.post(WAY + "confirm/", {})
    assert page.status_code == 422
    assert "may act for the company" in page.content.decode()
    assert waiting_companies(ingrid) == []


def test_the_button_pressed_twice_makes_one_company(web: Client, ingrid: User) -> None:
    walks(web)
    assert declares(web)["Location"] == "/start/"
    assert declares(web).status_code == 302
    assert len(waiting_companies(ingrid)) == 1


def test_a_number_that_is_here_already_is_told_without_names(web: Client, ours: House, ingrid: User) -> None:
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(register_number="123456785")
    page = walks(web)
    assert page.status_code == 422
    assert "is registered with Kolonne" in page.content.decode()
    assert ours.company.name not in page.content.decode()
    with pytest.raises(Conflict, match="is registered"):
        registers(ingrid)


def test_nobody_can_ask_for_many_numbers(web: Client, ours: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is registered here is no public register."""
    monkeypatch.setitem(limits.LIMITS, "company_number", "2/d/key")
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(register_number="974760673")
    walks(web)
    walks(web, register_number="995525828")
    third = walks(web, register_number="974760673")
    assert third.status_code == 422
    assert "many numbers" in third.content.decode()
    assert "is registered with" not in third.content.decode()


def test_the_same_details_sent_again_count_once(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "company_number", "1/d/key")
    for street in ("A 1", "B 2", "C 3"):
        assert walks(web, street=street).status_code == 302


def test_too_many_are_said_on_the_page(
    ingrid: User, signed_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    registers(ingrid)
    web = signed_in(ingrid)
    monkeypatch.setattr(registration, "MOST_WAITING", 1)
    walks(web, register_number="995525828")
    page = declares(web)
    assert page.status_code == 422
    assert "1 of your companies wait for a dealer" in page.content.decode()


def test_a_private_customer_says_who_he_is_and_nothing_private_is_copied(
    sam: User, signed_in: Callable[[User], Client]
) -> None:
    """ID-03: the sign-in is shared, and nothing else."""
    PrivateProfile.objects.create(user=sam, name="Sam Privat", mobile="+4790000000", street="Hjemveien 3")
    User.objects.filter(pk=sam.pk).update(first_name="", last_name="")
    web = signed_in(sam)
    refused = web.get("/").content.decode()
    assert "No business account yet" in refused
    assert 'href="/register/company/"' in refused
    walks(web)
    assert web.get(WAY)["Location"] == WAY + "you/"
    page = web.get(WAY + "you/").content.decode()
    assert not [word for word in ("Privat", "90000000", "Hjemveien") if word in page]
    web.post(WAY + "you/", {"first_name": "Sam", "last_name": "Lie", "birth_date": "1990-01-02", "mobile": ""})
    walks(web)
    declares(web)
    sam.refresh_from_db()
    assert (sam.get_full_name(), sam.birth_date, sam.mobile) == ("Sam Lie", date(1990, 1, 2), "")
    (company,) = waiting_companies(sam)
    assert "Hjemveien" not in company.address
    assert PrivateProfile.objects.get(user=sam).name == "Sam Privat"
    assert sam.market_id == "no"


@pytest.mark.parametrize("field", ["legal_form", "name", "register_number", "street", "postal_code", "city"])
def test_each_missing_detail_is_named_beside_its_field(web: Client, field: str) -> None:
    page = walks(web, **{field: ""})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in page.content.decode()


@pytest.mark.parametrize("value", ["\0", "x" * 500, "\u202e123", "<script>", "🚐"])
def test_odd_values_are_refused_or_kept_as_words(web: Client, value: str) -> None:
    assert walks(web, name=value).status_code in {302, 422}
    page = web.get(WAY + "confirm/", follow=True)
    assert page.status_code == 200
    assert "<script>" not in page.content.decode()


def test_somebody_with_a_company_can_register_another(alice: User, signed_in: Callable[[User], Client]) -> None:
    alice.birth_date = date(1980, 1, 1)
    alice.save()
    web = signed_in(alice)
    walks(web)
    assert declares(web)["Location"] == "/start/"
    assert "Nyby Bud AS" in web.get("/start/").content.decode()


def test_the_way_is_for_people_who_are_signed_in() -> None:
    for step in ("", "country/", "you/", "details/", "confirm/"):
        assert "/accounts/login/" in Client().get(WAY + step)["Location"]
