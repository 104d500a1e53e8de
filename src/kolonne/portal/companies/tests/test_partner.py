"""B2-03: the after-sales partner, and the reminder until there is one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies import actions
from kolonne.portal.companies.actions import CompanyData, closing, leaving
from kolonne.portal.companies.models import Company, Kind, Role
from kolonne.portal.companies.queries import actor_of, directory
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
WEEK = timedelta(days=7, minutes=1)
NOTICE = "no after-sales partner is set"


@pytest.fixture
def dealer(db: None) -> Company:
    """A dealer in Norway."""
    company = actions.create_company(actor=SYSTEM, name="Bergen Varebil AS", market="no", kind=Kind.DEALER)
    seen = CompanyData.of(company)
    actions.change_company(
        actor=SYSTEM, company=company, seen=seen, data=replace(seen, city="Bergen", street="Hidden 1")
    )
    return company


def set_partner(company: Company, dealer: Company) -> None:
    seen = CompanyData.of(company)
    actions.change_company(actor=SYSTEM, company=company, seen=seen, data=replace(seen, partner_id=dealer.pk))


def partner_of(company: Company) -> int | None:
    with company_scope([company.pk]):
        return Company.objects.get(pk=company.pk).partner_id


def mailed() -> list[int]:
    jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail", args__mail="partner_missing")
    return sorted(jobs.values_list("args__user_id", flat=True))


def remind(days: float = 0) -> int:
    return actions.remind_of_missing_partners(actor=SYSTEM, now=timezone.now() + timedelta(days=days, minutes=1))


def test_an_administrator_finds_a_dealer_by_name_or_place_and_chooses_him(
    ours: House, alice: User, dealer: Company, signed_in: SignIn
) -> None:
    client, page = signed_in(alice), f"/organisations/{ours.company.pk}/partner/"
    found = client.get(page, {"partner": "bergen vare"}).content.decode()
    assert "Bergen Varebil AS" in found
    assert "Hidden 1" not in found
    assert "No dealer fits" in client.get(page, {"partner": "oslo"}).content.decode()
    client.post(page, {"partner": dealer.pk, "seen": ""})
    assert partner_of(ours.company) == dealer.pk
    assert "Bergen Varebil AS" in client.get(f"/organisations/{ours.company.pk}/").content.decode()


def test_of_a_dealer_everybody_learns_name_and_place_only(dealer: Company) -> None:
    assert directory.dealers_in("no") == [directory.Dealer(dealer.pk, "Bergen Varebil AS", "Bergen")]
    assert directory.dealers_in("de") == []


def test_only_a_dealer_of_the_same_market_can_be_chosen(
    ours: House, workshop: Company, alice: User, signed_in: SignIn
) -> None:
    foreign = actions.create_company(actor=SYSTEM, name="Spree Transporter", market="de", kind=Kind.DEALER)
    client, page = signed_in(alice), f"/organisations/{ours.company.pk}/partner/"
    for wanted in (foreign.pk, workshop.pk, ours.company.pk, 10**8):
        client.post(page, {"partner": wanted, "seen": ""})
        assert partner_of(ours.company) is None


def test_who_chooses_last_does_not_undo_the_others_choice(
    ours: House, alice: User, dealer: Company, signed_in: SignIn
) -> None:
    set_partner(ours.company, dealer)
    signed_in(alice).post(f"/organisations/{ours.company.pk}/partner/", {"partner": "", "seen": ""})
    assert partner_of(ours.company) == dealer.pk


def test_a_dealer_has_no_partner(dealer: Company) -> None:
    seen = CompanyData.of(dealer)
    with pytest.raises(Invalid):
        actions.change_company(actor=SYSTEM, company=dealer, seen=seen, data=replace(seen, partner_id=dealer.pk))


def test_administrators_are_mailed_every_week_until_a_partner_is_set(
    ours: House, alice: User, bob: User, dealer: Company
) -> None:
    assert remind() == 0, "a new company is left alone for a week"
    assert remind(days=7) == 1
    assert remind(days=7) == 0
    assert mailed() == [alice.pk]
    assert remind(days=14) == 1
    assert remind(days=60) == 1, "after a standstill once, not once for each week"
    assert mailed() == [alice.pk] * 3
    set_partner(fresh(ours), dealer)
    assert remind(days=90) == 0
    with company_scope(ours.scope):
        assert Entry.objects.filter(verb="companies.partner.reminded").count() == 3


def fresh(house: House) -> Company:
    with company_scope(house.scope):
        return Company.objects.select_related("company").get(pk=house.company.pk)


def test_workshops_are_asked_dealers_and_operators_are_not(
    workshop: Company, wanda: User, dealer: Company, operator: Company
) -> None:
    person("dean", dealer, Role.ADMINISTRATOR)
    person("otto", operator, Role.ADMINISTRATOR)
    assert remind(days=7) == 1
    assert mailed() == [wanda.pk]


@pytest.mark.parametrize(("language", "words"), [("en", "after-sales partner"), ("de", ""), ("nb", "")])
def test_the_mail_says_what_to_do(language: str, words: str) -> None:
    letter = mails.compose("partner_missing", language, {"user": "Alice", "company": "Fjordbud AS", "company_id": 7})
    assert "Fjordbud AS" in letter.subject
    assert words in letter.as_text
    assert "/organisations/7/partner/" in letter.as_text


def test_an_administrator_is_reminded_on_every_page_until_he_says_later(
    ours: House, alice: User, bob: User, signed_in: SignIn
) -> None:
    client = signed_in(alice)
    assert NOTICE in client.get("/vans/").content.decode()
    assert NOTICE not in signed_in(bob).get("/vans/").content.decode()
    answer = client.post("/organisations/partner-later/", {"next": "/vans/"})
    assert answer.headers["Location"] == "/vans/"
    assert NOTICE not in client.get("/vans/").content.decode()
    assert NOTICE in signed_in(alice).get("/vans/").content.decode(), "the next sign-in reminds again"


def test_the_reminder_leads_nowhere_else(ours: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    for target in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert client.post("/organisations/partner-later/", {"next": target}).headers["Location"] == "/"


def test_with_a_partner_nobody_is_reminded(ours: House, alice: User, dealer: Company, signed_in: SignIn) -> None:
    set_partner(ours.company, dealer)
    assert NOTICE not in signed_in(alice).get("/vans/").content.decode()


def test_an_administrator_may_not_set_the_partner_of_another_company(
    ours: House, charlie: User, dealer: Company
) -> None:
    seen = CompanyData.of(ours.company)
    with pytest.raises(NotAllowed):
        actions.change_company(
            actor=actor_of(charlie), company=ours.company, seen=seen, data=replace(seen, partner_id=dealer.pk)
        )


def test_a_company_that_is_being_deleted_is_not_reminded(ours: House, alice: User) -> None:
    """CO-07: nor one that is gone, in whose audit nothing more is to happen."""
    leaving.order_deletion(actor=actor_of(alice), company=ours.company, typed_name=ours.company.name)
    assert remind(days=8) == 0
    closing.advance(actor=closing.ACTOR, now=timezone.now() + timedelta(days=20))
    assert remind(days=40) == 0
