"""CO-01: whoever is second by a moment finds what the first one made. On two connections, with committed rows."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from kolonne.portal.companies.actions.registration import CompanyToBe, register_company
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.registered import waiting_companies
from kolonne.portal.conftest import forget_committed
from kolonne.portal.identity.models import User

DATA = CompanyToBe("Race AS", "as", "974760673", "", "Storgata 1", "0155", "Oslo")


@pytest.fixture
def people(
    django_db_setup: None,
    django_db_blocker: pytest.FixtureRequest,
    admin: "psycopg.Connection[tuple[Any, ...]]",
) -> Iterator[list[User]]:
    """Two people whom other connections see, too."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's own
        known = {"first_name": "Race", "last_name": "Test", "birth_date": date(1980, 1, 1), "market_id": "no"}
        both = [User.objects.create(username=f"register-race{number}", **known) for number in (1, 2)]
        yield both
        for company in {company.pk: company for user in both for company in waiting_companies(user)}.values():
            forget_committed(admin, company, [])
        for user in both:
            admin.execute("DELETE FROM identity_user WHERE id = %s", [user.pk])
            admin.execute("DELETE FROM procrastinate_jobs WHERE args->>'user_id' = %s", [str(user.pk)])
        connection.close()


def register(user: User) -> Company:
    return register_company(actor=actor_of(user), market="no", data=DATA, person=None, is_declared=True)


def while_one_registers(first: User, act: Callable[[], None]) -> Company:
    """Runs `act` on another connection, before the first registration is committed: it has to wait."""
    done = threading.Event()

    def other_side() -> None:
        try:
            act()
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=other_side)
    with transaction.atomic():
        company = register(first)
        thread.start()
        assert not done.wait(0.5)
    thread.join(10)
    return company


def test_a_form_that_is_sent_twice_at_once_makes_one_company(people: list[User]) -> None:
    outcome: list[int] = []
    company = while_one_registers(people[0], lambda: outcome.append(register(people[0]).pk))
    assert outcome == [company.pk]
    assert len(waiting_companies(people[0])) == 1
