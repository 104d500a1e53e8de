"""PR-07: invoices come by themselves, once, and stay as they are."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from kolonne.portal.audit.models import Entry
from kolonne.portal.commerce import departure
from kolonne.portal.commerce import invoices as data
from kolonne.portal.commerce.actions.invoices import invoice_company, make_invoices
from kolonne.portal.commerce.documents.invoice import invoice_document
from kolonne.portal.commerce.models import Assignment, ContractState, Invoice
from kolonne.portal.commerce.tests.test_contract_paper import rename, text_of
from kolonne.portal.companies.models import Company
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.documents import render
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.operator.invoices import invoices

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def at(month: int, day: int, hour: int = 12, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def agree(house: House, product: str, price: str, since: datetime, **facts: Any) -> None:
    lines = Assignment.objects.filter(vehicle=house.vehicle, product=product)
    lines.update(price=price, since=since, **facts)


def priced(house: House) -> None:
    """One service from 17 September for 300 a month, one on trial until 15 October."""
    agree(house, "remote-access", "300.00", at(9, 17))
    agree(house, "vehicle-supervision", "310.00", at(9, 1), trial_until=at(10, 14, 22), converts=True)


def made(house: House, now: datetime) -> list[Invoice]:
    return invoice_company(actor=SYSTEM, pk=house.company.pk, now=now)


def test_a_month_is_charged_by_days_when_it_is_over(our_scope: House, operator: Company) -> None:
    priced(our_scope)
    assert made(our_scope, at(9, 30)) == []
    september = made(our_scope, at(9, 30, 22))
    assert [(one.month, one.total, one.currency) for one in september] == [(date(2026, 9, 1), Decimal("140.00"), "EUR")]
    by_product = {charge["product"]: charge for charge in september[0].lines}
    assert [by_product["remote-access"][key] for key in ("days", "free_days", "amount", "first", "last")] == [
        14, 0, "140.00", "2026-09-17", "2026-09-30",
    ]  # fmt: skip
    trial = by_product["vehicle-supervision"]
    assert [trial[key] for key in ("days", "free_days", "amount")] == [0, 30, "0.00"]
    (october,) = made(our_scope, at(11, 1))
    assert october.total == Decimal("300.00") + Decimal("170.00")
    assert october.seller["name"] == "Kolonne Norge"


def test_the_job_makes_each_invoice_once_and_makes_up_for_a_standstill(our_scope: House) -> None:
    priced(our_scope)
    now = at(11, 10)
    make_invoices(actor=SYSTEM, now=now)
    found = list(Invoice.objects.order_by("month").values_list("month", "total"))
    assert [month for month, _total in found] == [date(2026, 9, 1), date(2026, 10, 1)]
    assert make_invoices(actor=SYSTEM, now=now + timedelta(days=1)) == 0
    assert Entry.objects.filter(verb="commerce.invoice.made", company_id=our_scope.company.pk).count() == 2
    numbers = list(Invoice.objects.order_by("month").values_list("number", flat=True))
    assert [number[:9] for number in numbers] == ["NO-2026-I", "NO-2026-I"]
    assert int(numbers[1][9:]) == int(numbers[0][9:]) + 1


def test_trials_and_services_that_cost_nothing_make_no_invoice(our_scope: House) -> None:
    agree(our_scope, "remote-access", "0.00", at(7, 1))
    agree(our_scope, "vehicle-supervision", "310.00", at(7, 1), trial_until=at(12, 31), converts=True)
    assert made(our_scope, at(11, 10)) == []


def test_a_line_that_an_invoice_of_the_month_holds_is_not_charged_again(our_scope: House) -> None:
    """E.g. when two companies became one after the first of the month."""
    priced(our_scope)
    made(our_scope, at(11, 2))
    agree(our_scope, "remote-access", "900.00", at(8, 1))
    late = made(our_scope, at(11, 3))
    assert [one.month for one in late] == [date(2026, 8, 1)]


def test_whoever_leaves_is_charged_on_that_day_for_what_ran_in_the_month(our_scope: House) -> None:
    since = datetime.now(UTC) - timedelta(days=9)
    agree(our_scope, "remote-access", "300.00", since)
    agree(our_scope, "vehicle-supervision", "0.00", since)
    departure.end_services(SYSTEM, our_scope.company)
    charged = sum(charge["days"] for one in Invoice.objects.all() for charge in one.lines if charge["amount"] != "0.00")
    assert charged == 9
    count = Invoice.objects.count()
    departure.end_services(SYSTEM, our_scope.company)
    assert Invoice.objects.count() == count


def test_nobody_changes_an_invoice(our_scope: House) -> None:
    priced(our_scope)
    (one, _other) = made(our_scope, at(11, 2))
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Invoice.objects.filter(pk=one.pk).update(total="1.00")
    rename(our_scope.company, "Fjordfrakt AS")
    one.refresh_from_db()
    assert one.party["name"] == "Fjordbud AS"


def test_only_the_system_makes_invoices(our_scope: House, bobs_actor: Any) -> None:
    with pytest.raises(NotAllowed):
        make_invoices(actor=bobs_actor, now=at(11, 2))
    with pytest.raises(NotAllowed):
        invoice_company(actor=bobs_actor, pk=our_scope.company.pk, now=at(11, 2))


def test_the_page_lists_months_and_leads_to_pdf_and_table(our_scope: House, bob: User, signed_in: SignIn) -> None:
    priced(our_scope)
    client = signed_in(bob)
    agree(our_scope, "remote-access", "300.00", datetime.now(UTC))
    assert "The first one comes on" in client.get("/invoices/").content.decode()
    agree(our_scope, "remote-access", "300.00", at(9, 17))
    one = made(our_scope, at(10, 2))[0]
    page = client.get("/invoices/").content.decode()
    for wanted in ("September 2026", "€140.00", one.number, f"/invoices/{one.pk}.pdf", f"/invoices/{one.pk}.csv"):
        assert wanted in page
    pdf = client.get(f"/invoices/{one.pk}.pdf")
    assert pdf.headers["Content-Disposition"] == f'inline; filename="{one.number}.pdf"'
    assert "€140.00" in text_of(pdf.content)


def test_nothing_paid_leads_to_the_products(our_scope: House, alice: User, signed_in: SignIn) -> None:
    assert "Nothing that you have costs anything now" in signed_in(alice).get("/invoices/").content.decode()


def test_the_list_asks_equally_often_for_one_month_and_for_many(
    our_scope: House, alice: User, signed_in: SignIn
) -> None:
    priced(our_scope)
    made(our_scope, at(10, 2))
    client = signed_in(alice)
    client.get("/invoices/")
    with CaptureQueriesContext(connection) as few:
        client.get("/invoices/")
    made(our_scope, at(12, 2))
    with CaptureQueriesContext(connection) as many:
        client.get("/invoices/")
    assert len(many) == len(few)


def test_strangers_and_drivers_find_no_invoice(ours: House, dora: User, charlie: User, signed_in: SignIn) -> None:
    with company_scope(ours.scope):
        priced(ours)
        one = made(ours, at(10, 2))[0]
    for reader in (dora, charlie):
        client = signed_in(reader)
        assert {client.get(f"/invoices/{one.pk}.{form}").status_code for form in ("pdf", "csv")} == {404}


def test_the_table_is_read_by_spreadsheets_and_runs_nothing(our_scope: House, alice: User, signed_in: SignIn) -> None:
    """UTF-8 with a mark, commas, quotes as in RFC 4180; formulas are text."""
    priced(our_scope)
    our_scope.vehicle.plate = '=HYPERLINK("x"),1'[:16]
    our_scope.vehicle.save()
    one = made(our_scope, at(10, 2))[0]
    answer = signed_in(alice).get(f"/invoices/{one.pk}.csv")
    assert answer.content.startswith(b"\xef\xbb\xbfinvoice,month,company,")
    assert answer.content.count(b"\r\n") == 3
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["plate"] for row in rows} == {"'" + our_scope.vehicle.plate}
    assert {(row["amount"], row["currency"], row["price_per_month"]) for row in rows} >= {("140.00", "EUR", "300.00")}


def test_the_paper_speaks_german(our_scope: House) -> None:
    priced(our_scope)
    one = made(our_scope, at(10, 2))[0]
    with translation.override("de"):
        document = invoice_document(one)
    said = text_of(render(document))
    assert document.language == "de"
    for wanted in ("140,00", "September 2026", "17.–30. Sept", one.number, "Fjordbud AS"):
        assert wanted in said, wanted


def test_the_operator_takes_all_companies_of_a_month(ours: House, theirs: House) -> None:
    for house in (ours, theirs):
        with company_scope(house.scope):
            priced(house)
            made(house, at(10, 2))
    run = CliRunner().invoke
    as_json = run(invoices, ["export", "--month", "2026-09", "--json"])
    assert as_json.exit_code == 0, as_json.output
    found = json.loads(as_json.output)
    assert {one["customer"]["name"] for one in found["invoices"]} >= {"Fjordbud AS", "Nordlys Service GmbH"}
    table = run(invoices, ["export", "--month", "2026-09", "--csv"])
    rows = list(csv.DictReader(io.StringIO(table.output.removeprefix("\ufeff"))))
    assert sum(Decimal(row["amount"]) for row in rows) >= Decimal("280.00")
    wrong = run(invoices, ["export", "--month", "September"])
    assert (wrong.exit_code, "2026-11" in wrong.output) == (2, True)


def test_a_companys_export_holds_its_invoices(our_scope: House) -> None:
    priced(our_scope)
    made(our_scope, at(11, 2))
    assert len(list(data.rows_of(our_scope.company))) == 4


def test_a_service_that_ended_is_charged_until_the_day_before(our_scope: House) -> None:
    agree(our_scope, "remote-access", "300.00", at(8, 1), ended_at=at(9, 10, 22), state=ContractState.ENDED)
    totals = {one.month: one.total for one in made(our_scope, at(11, 2))}
    assert totals == {date(2026, 8, 1): Decimal("300.00"), date(2026, 9, 1): Decimal("100.00")}
