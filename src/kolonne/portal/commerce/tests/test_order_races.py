"""VE-03: two who act at the same moment. Connections of their own, because these are about rows that others see."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from kolonne.portal.commerce import actions
from kolonne.portal.commerce.models import Assignment, Contract, Order, OrderState
from kolonne.portal.commerce.tests.test_orders import DEALER
from kolonne.portal.companies import hooks
from kolonne.portal.companies.models import Company, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, build_house, forget_committed, person
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope


@pytest.fixture
def committed(
    django_db_blocker: Any, django_db_setup: None, admin: "psycopg.Connection[tuple[Any, ...]]"
) -> Iterator[House]:
    """A company whose rows other connections see."""
    with django_db_blocker.unblock():
        house = build_house("Race AS", "WK0RACE0000000001", "RACE000000001")
        try:
            yield house
        finally:
            connection.close()
            forget_committed(admin, house.company, [])


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Runs them at the same moment; what each returned or why it was refused."""
    start, found = threading.Barrier(len(acts)), list[object]()

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            found.append(act())
        except Conflict as refusal:
            found.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return found


def order_of(house: House) -> Order:
    with transaction.atomic(), company_scope(house.scope):
        order = actions.place_order(
            actor=SYSTEM, company=house.company, wanted=["maintenance"], vehicles=[house.vehicle]
        )
        return actions.accept_terms(actor=SYSTEM, order=order)


def go_on(house: House) -> None:
    with transaction.atomic(), company_scope(house.scope):
        Company.objects.filter(pk=house.company.pk).update(verification=Verification.VERIFIED)
        hooks.go_on(DEALER, house.company)


@pytest.mark.parametrize("number", range(4))
def test_verification_and_withdrawal_meet_and_one_of_them_wins_whole(committed: House, number: int) -> None:
    with transaction.atomic(), company_scope(committed.scope):
        Company.objects.filter(pk=committed.company.pk).update(verification=Verification.UNVERIFIED)
    order = order_of(committed)
    at_once(lambda: go_on(committed), lambda: actions.withdraw_order(actor=SYSTEM, order=order))
    with transaction.atomic(), company_scope(committed.scope):
        state = Order.objects.get(pk=order.pk).state
        has_it = Assignment.objects.filter(vehicle=committed.vehicle, product="maintenance", ended_at=None).exists()
        assert (state, has_it) in {(OrderState.DONE, True), (OrderState.WITHDRAWN, False)}


def test_the_same_order_sent_many_times_at_once_is_one(committed: House) -> None:
    def place() -> object:
        try:
            return order_of(committed)
        except Exception as refusal:  # noqa: BLE001  # which one, is looked at below
            return type(refusal).__name__

    found = at_once(*[place] * 6)
    assert sorted(type(one).__name__ if isinstance(one, Order) else str(one) for one in found) == [
        "Invalid", "Invalid", "Invalid", "Invalid", "Invalid", "Order",
    ]  # fmt: skip


def test_completed_by_many_at_once_it_is_one_contract(committed: House) -> None:
    order = order_of(committed)
    found = at_once(*[lambda: actions.complete_order(actor=SYSTEM, order=order)] * 6)
    assert sum(isinstance(one, Order) for one in found) == 1
    with transaction.atomic(), company_scope(committed.scope):
        assert Contract.objects.exclude(orders=None).count() == 1
        assert Assignment.objects.filter(product="maintenance").count() == 1


def test_an_order_waits_for_a_change_of_name_and_sees_that_the_check_is_gone(
    committed: House, admin: "psycopg.Connection[tuple[Any, ...]]"
) -> None:
    """VE-01: nothing is completed between the look at the verification and its loss."""
    buyer = person("race.buyer", committed, Role.ADMINISTRATOR)
    order = order_of(committed)
    with company_scope(committed.scope):
        actor, found = actor_of(buyer), list[object]()
    with admin.transaction():
        pk = committed.company.pk
        admin.execute("UPDATE companies_company SET verification = 'unverified' WHERE company_id = %s", [pk])
        waiting = threading.Thread(
            target=lambda: found.extend(at_once(lambda: actions.complete_order(actor=actor, order=order)))
        )
        waiting.start()
        waiting.join(timeout=1)
        assert waiting.is_alive()
    waiting.join(timeout=60)
    forget_committed(admin, committed.company, [buyer])
    assert found == ["unverified"]
