"""VE-02: of two dealers who open one case at once one has it, and of two decisions one counts; on real connections."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from kolonne.portal.companies import actions
from kolonne.portal.companies.actions.desk import decide_case, open_case
from kolonne.portal.companies.actions.verification import start_case
from kolonne.portal.companies.models import Company, Kind, Role, VerificationCase
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.desk import get_case_for
from kolonne.portal.companies.tests import desk
from kolonne.portal.companies.tests.desk import decision_of
from kolonne.portal.conftest import SYSTEM, forget_committed, person
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import KolonneError


@dataclass
class Race:
    case: VerificationCase
    dealers: list[Actor]


@pytest.fixture
def race(django_db_setup: None, django_db_blocker: Any, admin: "psycopg.Connection[tuple[Any, ...]]") -> Iterator[Race]:
    """Committed, so that other connections see it."""
    with django_db_blocker.unblock():
        company = desk.unverify(actions.create_company(actor=SYSTEM, name="Race AS", market="no"))
        houses = [
            actions.create_company(actor=SYSTEM, name=f"Dealer {number}", market="no", kind=Kind.DEALER)
            for number in (1, 2)
        ]
        chief = desk.born(person("racer", company, Role.ADMINISTRATOR))
        staff = [person(f"racer{house.pk}", house, Role.DEALER_EMPLOYEE) for house in houses]
        case = start_case(actor=actor_of(chief), company=company)
        yield Race(case, [actor_of(user) for user in staff])
        for made in (company, *houses):
            forget(admin, made, [chief, *staff])
        connection.close()


def forget(admin: "psycopg.Connection[tuple[Any, ...]]", company: Company, users: list[User]) -> None:
    with admin.transaction():
        admin.execute("DELETE FROM procrastinate_jobs WHERE args ->> 'mail' LIKE 'case_%'")
    forget_committed(admin, company, users)


def at_once(first: Callable[[], object], second: Callable[[], object]) -> list[str]:
    """What becomes of both: the second begins while the first is in its transaction."""
    outcome: list[str] = []

    def other_side() -> None:
        try:
            second()
            outcome.append("done")
        except KolonneError as refusal:
            outcome.append(refusal.code)
        finally:
            connection.close()

    thread = threading.Thread(target=other_side)
    with transaction.atomic():
        first()
        thread.start()
        thread.join(0.5)
        assert outcome == []  # it waits
    thread.join(10)
    return outcome


def test_of_two_dealers_at_once_one_has_the_case(race: Race) -> None:
    one, other = race.dealers

    def opener(actor: Actor) -> Callable[[], object]:
        return lambda: open_case(actor=actor, dealer_id=actor.company_ids[0], code=race.case.code)

    assert at_once(opener(one), opener(other)) == ["other_dealer"]
    assert get_case_for(one, race.case.pk).case.dealer_id == one.company_ids[0]


def test_of_two_decisions_at_once_one_counts(race: Race) -> None:
    actor = race.dealers[0]
    open_case(actor=actor, dealer_id=actor.company_ids[0], code=race.case.code)
    view = get_case_for(actor, race.case.pk)
    decision = decision_of(view.case)

    def decide() -> object:
        return decide_case(actor=actor, case=view.case, seen=view.seen, decision=decision)

    assert at_once(decide, decide) == ["closed_case"]
