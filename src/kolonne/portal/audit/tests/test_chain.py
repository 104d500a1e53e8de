"""NF-06: the audit is tamper-evident and the application cannot change it."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from kolonne.portal.audit import actions, queries
from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict

pytestmark = pytest.mark.django_db


def test_every_action_left_an_entry_and_the_chain_holds(our_scope: House) -> None:
    verbs = set(Entry.objects.values_list("verb", flat=True))
    assert {"companies.company.created", "vehicles.vehicle.added", "commerce.product.assigned"} <= verbs
    assert queries.first_broken_entry(our_scope.company.pk) is None


def test_the_application_can_neither_change_nor_remove_an_entry(our_scope: House) -> None:
    for statement in ("UPDATE audit_entry SET actor = 'nobody'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_an_entry_that_does_not_follow_its_predecessor_is_found(our_scope: House) -> None:
    entry = actions.record(SYSTEM, "test.happened", on=our_scope.company, company_id=our_scope.company.pk)
    forged = Entry(
        **{field.attname: getattr(entry, field.attname) for field in Entry._meta.fields if field.name != "id"}
    )
    forged.actor = "somebody else"
    forged.save(force_insert=True)
    assert queries.first_broken_entry(our_scope.company.pk) == forged


def test_the_platforms_own_chain_holds_too(alice: User) -> None:
    """Acts that belong to no company, such as making a person."""
    assert queries.first_broken_entry(None) is None


def test_who_looked_at_a_van_is_kept_once_in_a_while(
    our_scope: House, bob: User, signed_in: Callable[[User], Client]
) -> None:
    """NF-06."""
    client = signed_in(bob)
    for _ in range(3):
        client.get(f"/vans/{our_scope.vehicle.pk}/")
        client.get(f"/api/v1/vehicles/{our_scope.vehicle.vin}/history")
        client.get("/")
    looks = Entry.objects.filter(user_id=bob.pk, verb__endswith=".viewed").values_list("verb", flat=True)
    assert sorted(looks) == ["fleet.history.viewed", "fleet.vans.viewed", "fleet.vehicle.viewed"]
    assert queries.first_broken_entry(our_scope.company.pk) is None


def test_a_check_of_the_chain_stands_in_the_chain(our_scope: House) -> None:
    pk = our_scope.company.pk
    actions.check_chain(SYSTEM, pk)
    state = queries.chain_state(pk)
    assert state is not None
    assert state.first_broken is None
    assert state.entries > 0
    assert not queries.is_check_due(pk)


def test_a_long_chain_is_left_to_the_daily_job(our_scope: House) -> None:
    with pytest.raises(Conflict, match="daily job"):
        actions.check_chain(SYSTEM, our_scope.company.pk, at_most=1)


def test_the_daily_job_checks_what_changed_and_nothing_twice(ours: House, theirs: House) -> None:
    assert actions.check_chains() == 2
    assert actions.check_chains() == 0


def test_a_broken_chain_is_told(our_scope: House) -> None:
    entry = actions.record(SYSTEM, "test.happened", on=our_scope.company, company_id=our_scope.company.pk)
    entry.pk = None
    entry.save(force_insert=True)
    actions.check_chain(SYSTEM, our_scope.company.pk)
    state = queries.chain_state(our_scope.company.pk)
    assert state is not None
    assert state.first_broken == entry.pk
