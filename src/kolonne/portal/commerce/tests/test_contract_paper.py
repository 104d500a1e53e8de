"""PR-04, CO-02: a contract as PDF, in every generation that it had."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from pypdf import PdfReader

from kolonne.portal.commerce.actions.contracts import sign_contract
from kolonne.portal.commerce.documents.contract import contract_document, state_at
from kolonne.portal.commerce.models import Assignment, Contract, ContractState, TermsAcceptance, TermsText
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.actions import CompanyData
from kolonne.portal.companies.models import Company
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.documents import render
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def text_of(pdf: bytes) -> str:
    """What a reader's program finds in it, in one line."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().replace("\u200b", "").split()) for page in pages)


def rename(company: Company, name: str) -> None:
    seen = CompanyData.of(company)
    companies.change_company(actor=SYSTEM, company=company, seen=seen, data=replace(seen, name=name))


def test_a_contracts_number_names_its_address_and_the_year_of_its_signature(our_scope: House) -> None:
    """Who reads `NO-2026-000001` on a paper finds it at /contracts/1/, which answered 404 when each number took two."""
    new_year = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    for _twice in range(2):
        contract = sign_contract(SYSTEM, our_scope.company.pk, "NOK", new_year)
        assert contract.number == f"NO-2026-{contract.pk:06}", "of the company's clock"
        assert (contract.signed_at, contract.versions.get().since) == (new_year, new_year)
    before = Contract.objects.order_by("-pk")[1]
    assert contract.pk == before.pk + 1


def test_both_generations_stay_readable_after_a_change_of_the_name(
    our_scope: House, alice: User, signed_in: SignIn
) -> None:
    """CO-02"""
    contract = Contract.objects.get(company=our_scope.company)
    rename(our_scope.company, "Fjordfrakt AS")
    client = signed_in(alice)
    first = client.get(f"/contracts/{contract.pk}/1.pdf")
    assert (first.status_code, first.headers["Content-Type"]) == (200, "application/pdf")
    assert first.headers["Content-Disposition"] == f'inline; filename="{contract.number}-1.pdf"'
    assert first.headers["Cache-Control"].startswith("max-age=0")
    before, after = text_of(first.content), text_of(client.get(f"/contracts/{contract.pk}/2.pdf").content)
    assert "Fjordbud AS" in before
    assert "Fjordfrakt" not in before
    assert "Generation 2 replaced this one" in before
    assert "Fjordfrakt AS" in after
    assert "This is the generation in force" in after
    assert client.get(f"/contracts/{contract.pk}/3.pdf").status_code == 404
    assert client.get(f"/contracts/{contract.pk}/0.pdf").status_code == 404


def test_nobody_else_reads_a_contract(ours: House, dora: User, charlie: User, signed_in: SignIn) -> None:
    with company_scope(ours.scope):
        address = f"/contracts/{Contract.objects.get().pk}/1.pdf"
    for reader in (dora, charlie):
        assert signed_in(reader).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_a_paper_says_what_was_agreed(our_scope: House, operator: Company) -> None:
    contract = Contract.objects.get(company=our_scope.company)
    trial = timezone.now() + timedelta(days=100)
    Assignment.objects.filter(contract=contract, product="remote-access").update(price="1234.50", trial_until=trial)
    text = TermsText.objects.create(
        sha256="0" * 64, market="all", code="general", language="en", version="2026-11", title="General terms",
        valid_from=timezone.now().date(), text="Words.",
    )  # fmt: skip
    TermsAcceptance.objects.create(
        company=our_scope.company, text=text, accepted_by="Alice Test", accepted_at=contract.signed_at
    )
    said = text_of(render(contract_document(contract, 1)))
    for wanted in (
        "Kolonne Norge", contract.number, our_scope.vehicle.plate, our_scope.vehicle.vin, "€1,234.50", "Trial",
        "1 month", "of which on trial", "General terms 2026-11", "Alice Test", "Page 1 of 1",
    ):  # fmt: skip
        assert wanted in said, wanted
    with translation.override("de"):
        assert "1.234,50" in text_of(render(contract_document(contract, 1)))


def test_states_are_those_of_the_day(our_scope: House) -> None:
    now = timezone.now()
    day = timedelta(days=1)
    line = Assignment(since=now - 9 * day, trial_until=now - 6 * day, notice_at=now - 3 * day, ended_at=now)
    states = [state_at(line, now - days * day) for days in (8, 5, 2, 0)]
    assert states == [ContractState.TRIAL, ContractState.ACTIVE, ContractState.NOTICE, ContractState.ENDED]


def test_a_paper_asks_the_database_equally_often_for_one_line_and_for_many(our_scope: House) -> None:
    contract = Contract.objects.get(company=our_scope.company)
    with CaptureQueriesContext(connection) as few:
        contract_document(contract, 1)
    codes = ("maintenance", "logbook", "driving-style", "messages")
    Assignment.objects.bulk_create(
        Assignment(company=our_scope.company, contract=contract, vehicle=our_scope.vehicle, product=code)
        for code in codes
    )
    with CaptureQueriesContext(connection) as many:
        contract_document(contract, 1)
    assert len(many) == len(few) <= 12


def test_it_is_drawn_outside_of_the_companys_scope(
    ours: House, alice: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seconds of typesetting keep no transaction open."""
    seen: list[str] = []

    def look(document: object) -> bytes:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('kolonne.companies', true)")
            seen.append(cursor.fetchone()[0])
        return b"%PDF"

    monkeypatch.setattr("kolonne.portal.lib.documents.render", look)
    with company_scope(ours.scope):
        address = f"/contracts/{Contract.objects.get().pk}/1.pdf"
    assert signed_in(alice).get(address).content == b"%PDF"
    assert seen == [""]
