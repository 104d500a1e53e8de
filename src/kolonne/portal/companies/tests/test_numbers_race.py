"""CO-01: of two dealers who verify one number at once, one does; on two connections, with committed rows."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection

from kolonne.portal.companies import actions
from kolonne.portal.companies.actions.desk import decide_case, open_case
from kolonne.portal.companies.actions.verification import start_case
from kolonne.portal.companies.models import Company, Kind, Role, VerificationCase
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.desk import get_case_for
from kolonne.portal.companies.tests import desk
from kolonne.portal.companies.tests.desk import decision_of
from kolonne.portal.companies.tests.test_case_races import at_once, forget
from kolonne.portal.conftest import SYSTEM, person
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

Pair = tuple[Actor, VerificationCase]


@pytest.fixture
def pairs(
    django_db_setup: None, django_db_blocker: Any, admin: "psycopg.Connection[tuple[Any, ...]]"
) -> Iterator[list[Pair]]:
    """Two dealers, each with the case of another company; both companies say one number."""
    with django_db_blocker.unblock():
        cache.clear()
        made: list[Company] = []
        people: list[User] = []
        yield [_pair(number, made, people) for number in (1, 2)]
        for company in made:
            forget(admin, company, [])
        forget(admin, made[0], people)
        connection.close()


def _pair(number: int, made: list[Company], people: list[User]) -> Pair:
    company = desk.unverify(actions.create_company(actor=SYSTEM, name=f"Number {number} AS", market="no"))
    with company_scope([company.pk]):
        Company.objects.filter(pk=company.pk).update(register_number="889640782")
    house = actions.create_company(actor=SYSTEM, name=f"Numbers {number}", market="no", kind=Kind.DEALER)
    chief = desk.born(person(f"number{number}", company, Role.ADMINISTRATOR))
    clerk = person(f"numbers{number}", house, Role.DEALER_EMPLOYEE)
    made += [company, house]
    people += [chief, clerk]
    case = start_case(actor=actor_of(chief), company=company)
    open_case(actor=actor_of(clerk), dealer_id=house.pk, code=case.code)
    return actor_of(clerk), case


def test_of_two_dealers_who_verify_one_number_at_once_one_does(pairs: list[Pair]) -> None:
    def verify(pair: Pair) -> object:
        actor, case = pair
        view = get_case_for(actor, case.pk)
        return decide_case(actor=actor, case=view.case, seen=view.seen, decision=decision_of(view.case))

    assert at_once(lambda: verify(pairs[0]), lambda: verify(pairs[1])) == ["number_taken"]
    states = [desk.fresh(case.company).verification for _, case in pairs]
    assert states == [Verification.VERIFIED, Verification.UNVERIFIED]
