"""VH-02: twenty companies want one VIN at once; on twenty connections, with committed rows."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Company
from kolonne.portal.conftest import SYSTEM, forget_committed
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions, texts
from kolonne.portal.vehicles.models import Vehicle

VIN = "WK0RACE0000000001"
COMPANIES = 20


@pytest.fixture
def rivals(
    django_db_setup: None, django_db_blocker: Any, admin: "psycopg.Connection[tuple[Any, ...]]"
) -> Iterator[list[Company]]:
    with django_db_blocker.unblock():
        cache.clear()
        made = [companies.create_company(actor=SYSTEM, name=f"Rival {n} AS", market="no") for n in range(COMPANIES)]
        yield made
        for company in made:
            forget_committed(admin, company, [])
        connection.close()


def test_of_twenty_companies_one_gets_the_van_and_the_others_learn_no_name(rivals: list[Company]) -> None:
    def add(company: Company) -> Conflict | None:
        try:
            actions.add_by_hand(actor=SYSTEM, company=company, vin=VIN, data=actions.VehicleData())
        except Conflict as error:
            return error
        return None

    answers = all_at_once([partial(add, company) for company in rivals])
    losers = [answer for answer in answers if answer is not None]
    assert len(losers) == COMPANIES - 1
    assert {error.code for error in losers} == {"vin_taken"}
    for error in losers:
        said = f"{error.text} {error.facts} {texts.of_refusal(error.code, error.text)}"
        assert "Rival" not in said
    owners = []
    for company in rivals:
        with company_scope([company.pk]):
            owners += list(Vehicle.ever.filter(vin=VIN))
    assert len(owners) == 1


def all_at_once(calls: list[Callable[[], Conflict | None]]) -> list[Conflict | None]:
    """Every call in a thread with a connection of its own; none begins before all are ready."""
    ready = threading.Barrier(len(calls))
    answers: list[Conflict | None] = [None] * len(calls)

    def run(place: int) -> None:
        try:
            connection.ensure_connection()
            ready.wait(timeout=30)
            answers[place] = calls[place]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers
