"""CO-02: master data change in generations, which stay readable; what that means is said before."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies import actions, hooks
from kolonne.portal.companies.actions import CompanyData
from kolonne.portal.companies.models import Company, CompanyVersion
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.generations import history
from kolonne.portal.companies.tests.test_company_page import form_of, fresh
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
LEGAL: dict[str, Any] = {"legal_form": "as", "register_number": "974 760 673", "vat_number": "974760673 mva"}


def change(company: Company, actor: Actor = SYSTEM, **changes: Any) -> Company:
    seen = CompanyData.of(company)
    return actions.change_company(actor=actor, company=company, seen=seen, data=replace(seen, **changes))


def page_of(company: Company, name: str = "") -> str:
    return f"/organisations/{company.pk}/{name}"


def test_a_new_company_begins_with_generation_one(ours: House) -> None:
    (first,) = history(ours.company)
    assert (first.version.generation, first.version.name, first.version.changed_by) == (1, "Fjordbud AS", "test")
    assert first.until is None


def test_each_change_of_master_data_is_a_generation_and_the_old_one_stays(ours: House, alice: User) -> None:
    """CO-02."""
    company = change(ours.company, actor_of(alice), street="Bryggen 1", city="Bergen")
    assert company.generation == 2
    newest, oldest = history(company)
    assert [(item.label, item.before, item.after) for item in newest.differences] == [
        ("Street and number", "", "Bryggen 1"),
        ("City", "", "Bergen"),
    ]
    assert newest.version.changed_by == "Alice Test"
    assert (oldest.version.city, oldest.until) == ("", newest.version.since)


def test_what_is_no_master_data_makes_no_generation(ours: House) -> None:
    company = change(ours.company, customer_number="K-1", time_zone="UTC", second_factor_for_all=True)
    assert (company.generation, len(history(company))) == (1, 1)


def test_nobody_rewrites_a_generation(ours: House) -> None:
    company = change(change(ours.company, city="Bergen"), city="Oslo")
    with company_scope(ours.scope):
        rows = CompanyVersion.objects.filter(company=company).order_by("generation")
        assert list(rows.values_list("generation", "city")) == [(1, ""), (2, "Bergen"), (3, "Oslo")]


def test_two_changes_of_different_fields_are_two_generations(ours: House) -> None:
    """Both people had the same page open."""
    seen = CompanyData.of(ours.company)
    for changed in (replace(seen, city="Bergen"), replace(seen, street="Bryggen 1")):
        actions.change_company(actor=SYSTEM, company=ours.company, seen=seen, data=changed)
    assert [item.version.generation for item in history(ours.company)] == [3, 2, 1]
    assert fresh(ours.company).address == "Bryggen 1, Bergen"


def test_numbers_are_checked_and_kept_in_one_spelling(ours: House) -> None:
    company = change(ours.company, **LEGAL)
    assert (company.register_number, company.vat_number) == ("974760673", "974760673MVA")
    with pytest.raises(Invalid) as refused:
        change(company, register_number="974760674")
    assert "register_number" in refused.value.errors


def test_a_form_and_a_number_changed_at_once_by_two_do_not_mix(ours: House) -> None:
    company = change(ours.company, **LEGAL)
    seen = CompanyData.of(company)
    change(company, legal_form="asa")
    with pytest.raises(Conflict):
        actions.change_company(actor=SYSTEM, company=company, seen=seen, data=replace(seen, vat_number=""))


@pytest.mark.parametrize("field", ["name", "legal_form", "register_number"])
def test_what_the_dealer_compared_asks_him_anew(field: str, ours: House, alice: User) -> None:
    """CO-02, VE-02."""
    company = change(ours.company, **LEGAL)
    other = {"name": "Fjordfrakt AS", "legal_form": "asa", "register_number": "923609016"}[field]
    also = {"vat_number": ""} if field == "register_number" else {}
    assert company.verification == Verification.VERIFIED
    assert change(company, actor_of(alice), **{field: other, **also}).verification == Verification.UNVERIFIED


def test_an_address_does_not_and_the_operator_vouches_for_what_he_writes(ours: House, alice: User) -> None:
    assert change(ours.company, actor_of(alice), city="Bergen").verification == Verification.VERIFIED
    assert change(fresh(ours.company), name="Fjordfrakt AS").verification == Verification.VERIFIED


def test_a_workshop_needs_no_check_and_keeps_its_state(workshop: Company, wanda: User) -> None:
    assert change(workshop, actor_of(wanda), name="Verksted Øst AS").verification == Verification.VERIFIED


def test_others_follow_in_the_same_transaction(ours: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []

    def refuse(actor: Actor, company: Company) -> None:
        told.append(company.generation)
        raise Conflict("not_now", "a hook may refuse")

    monkeypatch.setattr(hooks, "_master_data", [refuse])
    with pytest.raises(Conflict):
        change(ours.company, city="Bergen")
    assert told == [2]
    assert (fresh(ours.company).city, len(history(ours.company))) == ("", 1)


def test_the_page_asks_once_more_and_names_the_consequences(
    ours: House, alice: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "_before_master_data", [lambda company: ["12 running contracts get a new generation."]])
    client, sent = signed_in(alice), form_of(ours.company, name="Fjordfrakt AS")
    del sent["confirm"]
    page = client.post(page_of(ours.company, "edit/"), sent).content.decode()
    assert "12 running contracts" in page
    assert "verify the company anew" in page
    assert "Generation 1 stays readable" in page
    assert fresh(ours.company).name == "Fjordbud AS"
    entries = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    back = client.post(page_of(ours.company, "edit/"), {**entries, "back": "1"}).content.decode()
    assert 'value="Fjordfrakt AS"' in back
    after = client.post(page_of(ours.company, "edit/"), {**entries, "confirm": "1"}, follow=True)
    assert "A dealer has to verify it anew." in after.content.decode()
    assert (fresh(ours.company).name, fresh(ours.company).generation) == ("Fjordfrakt AS", 2)
    assert fresh(ours.company).second_factor_for_all is False


def test_what_makes_no_generation_is_saved_at_once(ours: House, alice: User, signed_in: SignIn) -> None:
    sent = form_of(ours.company, customer_number="K-9")
    del sent["confirm"]
    assert signed_in(alice).post(page_of(ours.company, "edit/"), sent).status_code == 302
    assert fresh(ours.company).customer_number == "K-9"


def test_a_wrong_number_is_named_beside_its_field(ours: House, alice: User, signed_in: SignIn) -> None:
    wrong = LEGAL | {"register_number": "974760674"}
    page = signed_in(alice).post(page_of(ours.company, "edit/"), form_of(ours.company, **wrong)).content.decode()
    assert 'id="id_register_number_error"' in page


def test_the_country_is_shown_with_the_reason_why_it_stays(ours: House, alice: User, signed_in: SignIn) -> None:
    page = signed_in(alice).get(page_of(ours.company, "edit/")).content.decode()
    assert "Norway" in page
    assert "The country cannot change" in page
    assert 'name="market"' not in page


def test_everybody_of_the_company_reads_the_history_and_only_some_who_changed_it(
    ours: House, alice: User, dora: User, signed_in: SignIn
) -> None:
    change(ours.company, actor_of(alice), city="Bergen")
    for user, reads_names in ((alice, True), (dora, False)):
        page = signed_in(user).get(page_of(ours.company, "history/")).content.decode()
        assert "Generation 2" in page
        assert "Bergen" in page
        assert ("by Alice Test" in page) is reads_names


def test_the_queries_of_the_history_do_not_grow(ours: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page_of(ours.company, "history/")).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(12):
        change(fresh(ours.company), street=f"Bryggen {number}")
    assert queries() == few


def test_the_audit_tells_each_change(ours: House, alice: User) -> None:
    change(ours.company, actor_of(alice), **LEGAL)
    with company_scope(ours.scope):
        entry = Entry.objects.get(verb="companies.company.changed")
    assert entry.facts["changed"]["register_number"] == ["", "974760673"]
