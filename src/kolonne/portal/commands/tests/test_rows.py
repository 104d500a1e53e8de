"""CD-04, NF-06: what the database itself forbids, whatever a taken-over portal tries."""

import contextlib
import itertools
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from kolonne.portal.commands.lifecycle import State, may_move
from kolonne.portal.commands.models import Command
from kolonne.portal.commands.tests.conftest import Van
from kolonne.portal.conftest import House
from kolonne.portal.lib.scope import company_scope


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE commands_command SET state = 'done' WHERE id = %s",
        "UPDATE commands_command SET state = 'failed' WHERE id = %s",
        "UPDATE commands_command SET signed = 'x' WHERE id = %s",
        "UPDATE commands_command SET expires_at = now() + interval '1 year' WHERE id = %s",
        "DELETE FROM commands_command WHERE id = %s",
        "UPDATE commands_commandstep SET at = now() WHERE command_id = %s",
        "DELETE FROM commands_commandstep WHERE command_id = %s",
        (
            "INSERT INTO commands_commandstep (company_id, command_id, state, at, reason) "
            "SELECT company_id, id, 'done', now(), '' FROM commands_command WHERE id = %s"
        ),
        "SELECT hash FROM commands_unlockpin WHERE %s IS NOT NULL",
        "UPDATE commands_modulecounter SET counter = 0 WHERE %s IS NOT NULL",
        "UPDATE commands_openingfreeze SET lifted_at = now() WHERE %s IS NOT NULL",
    ],
)
def test_the_portal_can_ask_and_no_more(van: Van, statement: str) -> None:
    command_id = van.ask("lock")
    with (
        company_scope(van.house.scope),
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [command_id])


def test_the_portal_cannot_write_a_command_as_sent(van: Van) -> None:
    command = van.look(van.ask("lock"))
    command.pk, command.state = None, "sent"
    with company_scope(van.house.scope), pytest.raises(DatabaseError), transaction.atomic():
        command.save(force_insert=True)


def test_a_command_cannot_point_at_another_companys_van(van: Van, theirs: House) -> None:
    command = van.look(van.ask("lock"))
    command.pk, command.vehicle = uuid4(), theirs.vehicle
    with (
        company_scope(van.house.scope),
        pytest.raises(DatabaseError),
        transaction.atomic(),
    ):
        # Constraints between tables are deferred to the commit; here they speak at once.
        _save_now(command)


def _save_now(command: Command) -> None:
    command.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_allows_exactly_the_moves(van: Van) -> None:
    command_id = van.ask("lock")
    wanted = {(old.value, new.value) for old, new in itertools.permutations(State, 2) if may_move(old, new)}
    allowed = set()
    for old, new in itertools.permutations([state.value for state in State], 2):
        with van.admin() as db:
            # Sets the scene without the rule; the move itself is made under it.
            db.execute("SET LOCAL session_replication_role = replica")
            db.execute(
                "UPDATE commands_command SET state = %s, signed = 'x', module_id = %s, counter = 1, sent_at = now() "
                "WHERE id = %s",
                [old, van.house.module.pk, command_id],
            )
            db.execute("SET LOCAL session_replication_role = origin")
            with contextlib.suppress(psycopg.errors.CheckViolation):
                db.execute("UPDATE commands_command SET state = %s WHERE id = %s", [new, command_id])
                allowed.add((old, new))
            db.rollback()
    assert allowed == wanted
