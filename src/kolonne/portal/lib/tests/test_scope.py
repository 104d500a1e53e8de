"""NF-03: the database shows a company's rows only within its scope, whatever the code forgets."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from kolonne.portal.commerce.models import Assignment
from kolonne.portal.companies.models import AccessRequest, Company, Membership
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import all_companies, company_scope, memberships_scope, user_scope, vin_scope
from kolonne.portal.vehicles.models import Claim, Module, Vehicle

pytestmark = pytest.mark.django_db


def test_without_a_scope_there_are_no_rows(ours: House) -> None:
    assert not Vehicle.objects.exists()
    assert not Company.objects.exists()


def test_a_scope_shows_its_companies_and_ends(ours: House, theirs: House) -> None:
    with company_scope(ours.scope):
        assert [vehicle.vin for vehicle in Vehicle.objects.all()] == [ours.vehicle.vin]
        with company_scope(theirs.scope):
            assert [vehicle.vin for vehicle in Vehicle.objects.all()] == [theirs.vehicle.vin]
        assert [vehicle.vin for vehicle in Vehicle.objects.all()] == [ours.vehicle.vin]
    assert not Vehicle.objects.exists()


def test_a_scope_that_ends_in_an_error_is_closed(ours: House) -> None:
    with pytest.raises(ZeroDivisionError), company_scope(ours.scope):
        1 / 0  # noqa: B018  # any error will do
    assert not Vehicle.objects.exists()


def test_a_foreign_row_can_be_neither_changed_nor_removed(ours: House, theirs: House) -> None:
    with company_scope(ours.scope):
        assert Vehicle.objects.filter(pk=theirs.vehicle.pk).update(plate="STOLEN") == 0
        assert Module.objects.filter(pk=theirs.module.pk).update(status="revoked") == 0
    with company_scope(theirs.scope):
        assert Vehicle.objects.get().plate != "STOLEN"


def test_a_row_cannot_be_made_for_a_foreign_company(ours: House, theirs: House) -> None:
    with company_scope(ours.scope), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Vehicle.objects.create(company=theirs.company, vin="WK0TEST0000000003")


def test_a_child_cannot_point_at_a_foreign_parent(ours: House, theirs: House) -> None:
    """A row with our own company id and a foreign van's id is what row-level security alone would let through."""
    with company_scope(ours.scope), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="company_fk"), transaction.atomic():
            Assignment.objects.filter(vehicle=ours.vehicle, product="remote-access").update(
                vehicle_id=theirs.vehicle.pk, product="another"
            )


def test_a_person_sees_his_own_memberships_only(alice: User, charlie: User) -> None:
    with user_scope(alice.pk):
        assert {membership.user_id for membership in Membership.objects.all()} == {alice.pk}


def test_a_vin_opens_the_van_that_has_it_now_and_nothing_else_of_its_company(ours: House, theirs: House) -> None:
    vin = theirs.vehicle.vin
    with company_scope(theirs.scope):
        Vehicle.ever.create(company=theirs.company, vin=vin, removed_at=timezone.now(), plate="SOLD")
        Vehicle.ever.create(company=theirs.company, vin="WK0TEST0000000003")
        Claim.objects.create(company=theirs.company, vin="WK0TEST0000000003")
    with vin_scope(vin, "WK0FREE0000000001"):
        assert [van.pk for van in Vehicle.ever.all()] == [theirs.vehicle.pk]
        assert not any(model.objects.exists() for model in (Company, Module, Assignment, Claim))
        assert Vehicle.ever.update(plate="STOLEN") == 0
    with company_scope(ours.scope), vin_scope(""):
        assert {van.company_id for van in Vehicle.ever.all()} == {ours.company.pk}


def test_whoever_learns_who_belongs_where_sees_nothing_else_of_a_company(
    ours: House, alice: User, charlie: User
) -> None:
    with memberships_scope():
        assert {alice.pk, charlie.pk} <= set(Membership.objects.values_list("user_id", flat=True))
        assert not any(model.objects.exists() for model in (Company, Vehicle, Module, Assignment, AccessRequest))
        assert Membership.objects.update(roles=["administrator"]) == 0
    with company_scope(ours.scope):
        assert {member.company_id for member in Membership.objects.all()} == {ours.company.pk}


def test_the_operator_can_list_companies_by_id_only(ours: House, theirs: House) -> None:
    assert {ours.company.pk, theirs.company.pk} <= set(all_companies())


def _company_tables() -> Iterator[tuple[str, bool, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.oid::regclass::text, c.relrowsecurity, c.relforcerowsecurity
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id' AND NOT attisdropped
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
            """
        )
        yield from cursor.fetchall()


def test_every_table_with_a_company_is_behind_forced_row_level_security() -> None:
    tables = list(_company_tables())
    assert len(tables) >= 9
    assert [name for name, enabled, forced in tables if not (enabled and forced)] == []


def test_every_foreign_key_between_company_tables_carries_the_company() -> None:
    """A child row can never belong to one company and point at another's parent."""
    own = {name for name, *_ in _company_tables()} - {"companies_company"}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conrelid::regclass::text, confrelid::regclass::text,
                   (SELECT array_agg(attname::text) FROM pg_attribute
                    WHERE attrelid = conrelid AND attnum = ANY (conkey))
            FROM pg_constraint WHERE contype = 'f'
            """
        )
        keys = [(child, parent, set(columns)) for child, parent, columns in cursor.fetchall()]
    between = {(child, parent, min(cols - {"company_id"})) for child, parent, cols in keys
               if child in own and parent in own and cols != {"company_id"}}  # fmt: skip
    safe = {
        (child, parent, min(cols - {"company_id"}))
        for child, parent, cols in keys
        if "company_id" in cols and len(cols) > 1
    }
    assert between - safe == set()


def test_the_application_role_owns_nothing_and_cannot_bypass() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolbypassrls, rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("kolonne_app", False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)


def test_no_program_but_the_application_calls_functions_of_the_owner() -> None:
    """Some of them work with the owner's rights: ingest must not drop the days that it may not even read."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT role, p.oid::regprocedure::text FROM pg_proc p,
                unnest(ARRAY['kolonne_ingest', 'kolonne_registry', 'kolonne_signer']) AS role
            WHERE p.proowner = 'kolonne_owner'::regrole AND has_function_privilege(role, p.oid, 'EXECUTE')
            """
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vehicles_module SET public_key = 'x'",
        "UPDATE vehicles_module SET secret_sha256 = 'x'",
        "DELETE FROM vehicles_modulesession",
        "UPDATE django_migrations SET name = 'x'",
        "SELECT hash FROM commands_unlockpin",
        "INSERT INTO telemetry.state DEFAULT VALUES",
        "SELECT * FROM pg_authid",
    ],
)
def test_the_application_role_may_not(statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
