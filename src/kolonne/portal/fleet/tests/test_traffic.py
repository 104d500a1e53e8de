"""VH-07: the page that says how much was sent, and from where."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kolonne.portal.companies.models import Company, Role
from kolonne.portal.conftest import House, person
from kolonne.portal.fleet.traffic import _cell, country_name
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.telemetry import traffic
from kolonne.portal.telemetry.tests.test_queries import make_van
from kolonne.portal.telemetry.traffic import month_of

pytestmark = pytest.mark.django_db
TODAY = datetime.now(UTC).date()
Database = psycopg.Connection[tuple[object, ...]]
_SENT = """
    WITH van AS (
        INSERT INTO vehicles_vehicle (company_id, vin, plate, name, make, model, drive, driver, added_at)
        SELECT %(company)s, 'WK0' || lpad(%(company)s::text, 8, '0') || lpad(n::text, 6, '0'), 'EL ' || n, '', '', '',
            'electric', '', '2020-01-01' FROM generate_series(%(first)s::int, %(last)s::int) n RETURNING id, company_id
    ) INSERT INTO telemetry.traffic SELECT company_id, id, '2026-02-01', 'NO', 2, 100 FROM van
"""


@pytest.mark.parametrize("text", ["", "x", "2026-13", "9999-01", "\0"])
def test_what_is_no_month_is_the_one_that_runs(text: str) -> None:
    month = month_of(text)
    assert (month.first, month.after) == (TODAY.replace(day=1), None)


def test_months_lead_to_each_other() -> None:
    month = month_of("2026-01")
    assert (month.first, month.before, month.after) == (date(2026, 1, 1), date(2025, 12, 1), date(2026, 2, 1))


def test_a_month_adds_up_days_by_van_and_country(admin: Database) -> None:
    van, stranger = make_van(admin), make_van(admin)
    for one, day, country, size in (
        (van, "2026-02-01", "NO", 100),
        (van, "2026-02-28", "NO", 11),
        (van, "2026-02-28", "", 7),
        (van, "2026-03-01", "NO", 1000),
        (stranger, "2026-02-01", "SE", 5),
    ):
        admin.execute(
            "INSERT INTO telemetry.traffic VALUES (%s, %s, %s, %s, 2, %s)", [one.company_id, one.pk, day, country, size]
        )
    with company_scope([van.company_id]):
        lines = traffic.traffic_of([van.company_id], month_of("2026-02"))
    assert [(line.vehicle.pk, line.country, line.messages, line.bytes) for line in lines] == [
        (van.pk, "NO", 4, 111),
        (van.pk, "", 2, 7),
    ]


def test_the_page_and_the_file(client: Client, bob: User, ours: House) -> None:
    client.force_login(bob)
    assert "Nothing was sent" in client.get("/vans/traffic/?month=2026-02").content.decode()
    answer = client.get("/vans/traffic/?month=2026-02&format=csv")
    assert answer.content.decode("utf-8-sig").splitlines() == ["month,vin,plate,country,messages,bytes"]
    assert 'filename="data-volume-2026-02.csv"' in answer["Content-Disposition"]


def test_the_page_asks_equally_often_for_two_vans_and_for_sixty(
    admin: Database, signed_in: Callable[[User], Client]
) -> None:
    company_id = make_van(admin).company_id
    with company_scope([company_id]):
        client = signed_in(person("tove", Company.objects.get(pk=company_id), Role.FLEET_MANAGER))
    counts = []
    for numbers in ((0, 1), (2, 59)):
        admin.execute(_SENT, {"company": company_id, "first": numbers[0], "last": numbers[1]})
        client.get("/vans/traffic/?month=2026-02")
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/vans/traffic/?month=2026-02").content.decode()
        assert page.count('class="k-plate"') == numbers[1] + 1
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_words_of_the_page() -> None:
    assert (country_name("DE"), country_name(""), country_name("ZZZ")) == ("Germany", "Unknown", "ZZZ")
    assert (_cell("=1+1"), _cell("EL 1"), _cell("")) == ("'=1+1", "EL 1", "")
