"""CO-11, NF-06: names of somebody who was erased leave the audit, and any other change is found."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kolonne.portal.audit import actions, queries, removal, texts
from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.models import Company
from kolonne.portal.conftest import SYSTEM, House, build_house, forget_committed, person
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope, platform_scope

Admin = psycopg.Connection[tuple[Any, ...]]


def by(user: User, address: str = "192.0.2.9") -> Actor:
    return Actor(label=str(user), user_id=user.pk, address=address)


def erase(user: User) -> None:
    User.objects.filter(pk=user.pk).update(state=State.DELETED)


@pytest.mark.django_db
def test_names_go_and_the_chain_still_holds(our_scope: House, bob: User, alice: User) -> None:
    pk = our_scope.company.pk
    did = actions.record(
        by(bob), "test.did", on=our_scope.company, company_id=pk, reason="Bob is ill", roles=["driver"]
    )
    done = actions.record(by(alice), "test.done", on=bob, company_id=pk, count=3)
    named = actions.record(by(alice), "test.named", on=alice, company_id=pk, about=[bob.pk], person="Bob Test")
    erase(bob)
    assert actions.remove_names(SYSTEM, person=bob, company_id=pk) >= 3
    nobody = f"person {bob.pk}"
    for entry in (did, done, named):
        entry.refresh_from_db()
    assert (did.actor, did.address, did.facts) == (nobody, "", {"reason": "", "roles": ["driver"]})
    assert did.target_label == our_scope.company.name
    assert (done.actor, done.address, done.target_label) == ("Alice Test", "192.0.2.9", nobody)
    assert (named.actor, named.target_label, named.facts) == ("Alice Test", "Alice Test", {"person": ""})
    assert not queries.concerning(bob.pk, pk).filter(actor__contains="Bob").exists()
    assert queries.first_broken_entry(pk) is None


@pytest.mark.django_db
def test_removal_may_be_killed_and_run_again(our_scope: House, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    pk = our_scope.company.pk
    for number in range(7):
        actions.record(by(bob), "test.did", on=our_scope.company, company_id=pk, number=number)
    erase(bob)
    monkeypatch.setattr(actions, "BATCH", 2)
    after, treated = actions._remove_batch(SYSTEM, bob, pk, (), 0)
    assert (bool(after), treated) == (True, 2)
    assert queries.first_broken_entry(pk) is None
    assert actions.remove_names(SYSTEM, person=bob, company_id=pk) >= 5
    assert actions.remove_names(SYSTEM, person=bob, company_id=pk) == 0
    assert queries.first_broken_entry(pk) is None


@pytest.mark.django_db
def test_two_people_of_one_entry_can_be_erased_one_after_the_other(our_scope: House, bob: User, alice: User) -> None:
    pk = our_scope.company.pk
    entry = actions.record(by(alice), "test.done", on=bob, company_id=pk)
    for user in (bob, alice):
        erase(user)
        actions.remove_names(SYSTEM, person=user, company_id=pk)
        assert queries.first_broken_entry(pk) is None
    entry.refresh_from_db()
    assert (entry.actor, entry.target_label, entry.address) == (f"person {alice.pk}", f"person {bob.pk}", "")


@pytest.mark.django_db
def test_names_of_people_who_are_not_deleted_stay(our_scope: House, bob: User) -> None:
    actions.record(by(bob), "test.did", on=our_scope.company, company_id=our_scope.company.pk)
    with pytest.raises(DatabaseError, match="is not deleted"), transaction.atomic():
        actions.remove_names(SYSTEM, person=bob, company_id=our_scope.company.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "new",
    [
        {"new_actor": "Mallory"},
        {"new_acting_for": "Mallory"},
        {"new_label": "Mallory"},
        {"new_address": "198.51.100.1"},
        {"new_facts": json.dumps({"reason": "something that was never said"})},
        {"new_facts": json.dumps({"reason": "well"})},
        {"new_facts": json.dumps({"reason": ["ill", 2]})},
        {"new_facts": json.dumps({"other": "ill"})},
        {"new_facts": json.dumps({"reason": "ill", "days": {"x": 1}})},
        {"new_facts": json.dumps({"reason": "so", "days": ["ill"]})},
    ],
)
def test_even_the_function_that_removes_names_can_write_nothing_else(
    new: dict[str, str], our_scope: House, bob: User
) -> None:
    pk = our_scope.company.pk
    entry = actions.record(by(bob), "test.did", on=our_scope.company, company_id=pk, reason="ill", days=[1])
    erase(bob)
    refuse_removal(entry, bob, new)


@pytest.mark.django_db
def test_one_erased_person_empties_nobody_elses_entries(our_scope: House, bob: User, alice: User) -> None:
    """NF-06: neither what others did, nor what an earlier removal says of itself, nor before and after exchanged."""
    pk = our_scope.company.pk
    others = actions.record(by(alice), "test.did", on=our_scope.company, company_id=pk, reason="ill")
    swapped = actions.record(by(bob), "test.did", on=our_scope.company, company_id=pk, before=["a"], after=["b"])
    erase(bob)
    refuse_removal(others, bob, {})
    refuse_removal(swapped, bob, {"new_facts": json.dumps({"before": ["b"], "after": ["a"]})})
    actions.remove_names(SYSTEM, person=bob, company_id=pk)
    with platform_scope():
        refuse_removal(Entry.objects.get(verb=texts.NAMES_REMOVED), bob, {})


def refuse_removal(entry: Entry, person: User, new: dict[str, str]) -> None:
    """The function of the database does not write `new`, nor empty the facts, in this person's name."""
    same = {"new_actor": entry.actor, "new_acting_for": "", "new_label": entry.target_label}
    values = {**same, "new_address": entry.address, "new_facts": "{}", **new}
    sql = (
        "SELECT audit_remove_names(%s, %s, %(new_actor)s, %(new_acting_for)s, %(new_label)s, %(new_address)s, "
        "%(new_facts)s::jsonb, decode(repeat('ab', 16), 'hex'))"
    ).replace("%s, %s", f"{entry.pk}, {person.pk}")
    with pytest.raises(DatabaseError, match="nothing but names"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.django_db
def test_what_runs_with_the_owners_rights_is_not_for_everybody() -> None:
    """NF-02: the roles of ingest, registry and signer cannot call it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace IN ('public'::regnamespace, "
            "'telemetry'::regnamespace) AND (proacl IS NULL OR EXISTS ("
            "SELECT 1 FROM aclexplode(proacl) WHERE grantee = 0))"
        )
        assert cursor.fetchall() == []


def test_facts_lose_what_can_name_somebody_and_keep_codes_numbers_and_companies() -> None:
    facts = {
        "roles": ["driver", "Bob Test"], "reason": "Bob", "count": 2, "is_new": True, "signs_from": "2026-11-22T10:00",
        "changed": {"first_name": ["Bob", "Rob"], "birth_date": ["1990-01-01", None], "city": ["Oslo", "Bergen"]},
        "Bob Test": 1, "organisation": "Fjordbud AS", "state": "x" * 100,
    }  # fmt: skip
    entry = Entry(target="identity.user:7", people=[7, 8], user_id=8, actor="Alice", facts=facts)
    assert removal.without(entry, 7).facts == {
        "roles": ["driver", ""], "reason": "", "count": 2, "is_new": True, "signs_from": "2026-11-22T10:00",
        "changed": {"first_name": ["", ""], "birth_date": ["", None], "city": ["", ""]},
        "organisation": "Fjordbud AS", "state": "",
    }  # fmt: skip
    entry = Entry(target="companies.company:3", people=[7], user_id=7, actor="Bob", facts={"changed": {"city": ["A"]}})
    assert removal.without(entry, 7).facts == {"changed": {"city": ["A"]}}


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@given(facts=st.dictionaries(TEXT, st.recursive(TEXT | st.integers(), st.lists), max_size=4))
def test_what_is_left_of_facts_grows_never_and_is_stable(facts: dict[str, Any]) -> None:
    entry = Entry(target="identity.user:7", people=[7], user_id=7, actor="Bob", facts=facts)
    left = removal.without(entry, 7)
    entry.facts, entry.actor, entry.target_label = left.facts, left.actor, left.label
    assert removal.without(entry, 7) == left
    assert len(json.dumps(left.facts)) <= len(json.dumps(facts))


# A chain that other connections see, so that the administrator of the database can alter it.


@pytest.fixture(scope="module")
def altered_chain(platform: Any, django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Company, User]]:
    """Committed: a company whose chain has entries of somebody who was erased, and others."""
    found: list[tuple[Company, User, User]] = []
    before: list[int] = []

    def make() -> None:
        with django_db_blocker.unblock():
            last = Entry.objects.order_by("-pk").values_list("pk", flat=True)
            with platform_scope():
                before.append(last.filter(company_id=None).first() or 0)
            house = build_house("Altered AS", "WK0TEST0000000077", "TEST000000077")
            gone, stays = person("gone-one"), person("stays-one")
            pk = house.company.pk
            with company_scope([pk]):
                actions.record(by(stays), "test.did", on=house.company, company_id=pk, reason="words")
                actions.record(by(gone), "test.did", on=stays, company_id=pk, reason="words")
                actions.record(by(stays), "test.did", on=gone, company_id=pk, roles=["driver"])
            erase(gone)
            with company_scope([pk]):
                actions.remove_names(SYSTEM, person=gone, company_id=pk)
            found.append((house.company, gone, stays))
            connection.close()

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    company, gone, stays = found[0]
    yield company, gone
    where = platform.endpoints()
    with psycopg.connect(
        host=where.postgres_host, port=where.postgres_port, dbname=where.database, user="postgres",
        password=platform.secret("postgres-admin"), autocommit=True,
    ) as admin:  # fmt: skip
        admin.execute("DELETE FROM audit_entry WHERE company_id IS NULL AND id > %s", before)
        forget_committed(admin, company, [gone, stays])


ALTERATIONS: dict[str, str] = {
    "company_id": "company_id + 1",
    "at": "at + interval '1 second'",
    "actor": "actor || 'x'",
    "user_id": "coalesce(user_id, 0) + 1",
    "address": "address || '1'",
    "acting_for": "acting_for || 'x'",
    "acting_for_id": "coalesce(acting_for_id, 0) + 1",
    "people": "people || 4711",
    "verb": "verb || 'x'",
    "target": "target || '1'",
    "target_label": "target_label || 'x'",
    "facts": "facts || '{\"x\": 1}'",
    "salt": "'\\x00'",
    "names_removed_at": "coalesce(names_removed_at, now()) + interval '1 second'",
    "content_digest": "'\\x00'",
    "previous": "'\\x00'",
    "digest": "'\\x00'",
}


def test_the_alterations_are_of_all_columns() -> None:
    assert set(ALTERATIONS) == {field.attname for field in Entry._meta.fields} - {"id"}


def _entries(admin: Admin, company: Company) -> list[int]:
    rows = admin.execute("SELECT id FROM audit_entry WHERE company_id = %s ORDER BY id", [company.pk]).fetchall()
    return [pk for (pk,) in rows]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), column=st.sampled_from(sorted(ALTERATIONS)))
@pytest.mark.django_db
def test_whatever_is_altered_in_whatever_entry_is_found(
    data: st.DataObject, column: str, altered_chain: tuple[Company, User], admin: Admin
) -> None:
    company, _ = altered_chain
    entries = _entries(admin, company)
    victim = data.draw(st.sampled_from(entries[:-1] if column == "company_id" else entries))
    assert _broken_after(admin, company, f"UPDATE audit_entry SET {column} = {ALTERATIONS[column]} WHERE id = {victim}")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_entry WHERE id = {first}",
        "UPDATE audit_entry SET names_removed_at = now(), salt = '\\x00', actor = 'person 1' WHERE id = {first}",
        "DELETE FROM audit_entry WHERE id = {last}",
        "UPDATE audit_entry SET names_removed_at = NULL WHERE names_removed_at IS NOT NULL",
        "UPDATE audit_entry SET actor = 'Somebody Else' WHERE names_removed_at IS NOT NULL",
    ],
)
def test_a_removal_that_nothing_explains_is_found(
    statement: str, altered_chain: tuple[Company, User], admin: Admin
) -> None:
    company, _ = altered_chain
    entries = _entries(admin, company)
    assert _broken_after(admin, company, statement.format(first=entries[1], last=entries[-1]))


def _broken_after(admin: Admin, company: Company, statement: str) -> bool:
    """Whether the check finds it; the chain is whole before and after."""
    rows = admin.execute("SELECT * FROM audit_entry WHERE company_id = %s", [company.pk]).fetchall()
    with company_scope([company.pk]):
        assert queries.first_broken_entry(company.pk) is None
        admin.execute(statement)
        try:
            return queries.first_broken_entry(company.pk) is not None
        finally:
            _restore(admin, rows)


def _restore(admin: Admin, rows: list[tuple[Any, ...]]) -> None:
    with admin.transaction(), admin.cursor() as cursor:
        names = [column.name for column in (admin.execute("SELECT * FROM audit_entry LIMIT 0").description or ())]
        cursor.execute("DELETE FROM audit_entry WHERE id = ANY (%s)", [[row[names.index("id")] for row in rows]])
        places = ", ".join(["%s"] * len(names))
        facts = names.index("facts")
        for row in rows:
            values = [json.dumps(value) if at == facts else value for at, value in enumerate(row)]
            cursor.execute(f"INSERT INTO audit_entry ({', '.join(names)}) VALUES ({places})", values)


@pytest.mark.django_db
def test_the_platforms_own_chain_loses_names_too(bob: User) -> None:
    actions.record(by(bob), "test.did", on=bob, company_id=None, method="password")
    erase(bob)
    assert None in queries.chains_concerning(bob.pk)
    assert actions.remove_names(SYSTEM, person=bob, company_id=None)
    assert queries.first_broken_entry(None) is None
    with platform_scope():
        assert not Entry.objects.filter(company_id=None, actor="Bob Test").exists()
        assert Entry.objects.filter(verb=texts.NAMES_REMOVED, company_id=None).exists()
