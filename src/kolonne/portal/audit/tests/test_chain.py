"""NF-06: the audit is tamper-evident and the application cannot change it."""

import pytest
from django.db import DatabaseError, connection, transaction

from kolonne.portal.audit import actions, queries
from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User

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
