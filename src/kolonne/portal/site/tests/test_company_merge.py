"""CO-10: two companies become one, with everything of both."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.config import Config
from kolonne.portal.audit.models import Entry
from kolonne.portal.audit.queries import first_broken_entry
from kolonne.portal.commerce.models import Contract
from kolonne.portal.companies.actions import merging, merging_job
from kolonne.portal.companies.models import (
    ApiKey,
    Company,
    Invitation,
    Membership,
    Merge,
    Site,
    Tenant,
    VerificationCase,
)
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.merging import preview_of
from kolonne.portal.companies.queries.rights import WHILE_LEAVING
from kolonne.portal.conftest import forget_committed
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope, platform_scope
from kolonne.portal.site.tests.leaving_cast import rows_of
from kolonne.portal.site.tests.merge_cast import Two, agree, have_driven, two_companies

Admin = psycopg.Connection[tuple[Any, ...]]
LEFT = {"audit_entry"}
"""Tables that keep rows of a company that became part of another: its chain."""
RUN = """
import os, signal
from kolonne.portal.site.programs import setup_django
setup_django("kolonne_app")
from kolonne.portal.companies.actions import merging_job
from kolonne.portal.companies.models import Merge
from kolonne.portal.telemetry import merging
merging.BATCH = 70
once, save, wrote = merging_job._once, Merge.save, []
def die():
    os.kill(os.getpid(), signal.SIGKILL)
def save_and_note(self, **facts):
    save(self, **facts)
    wrote.append(self)
    if dies_before_commit:
        die()
def once_and_die(*args):
    answer = once(*args)
    if wrote:
        die()
    return answer
Merge.save, merging_job._once = save_and_note, once_and_die
died, status = 0, 1
while status:
    dies_before_commit = died % 2 == 0
    child = os.fork()
    if not child:
        merging_job.advance(actor=merging_job.ACTOR)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    died += status == signal.SIGKILL
print(died)
"""
"""The job in processes of its own, each of which is killed: in turn within and behind a transaction that did some."""


@pytest.fixture
def two(django_db_setup: None, django_db_blocker: Any, admin: Admin) -> Iterator[Two]:
    """Committed, so that the keys between tables are really checked."""
    with django_db_blocker.unblock():
        cache.clear()
        made = two_companies()
        have_driven(admin.cursor(), made)
        yield made
        forget_merge(admin, made)
        connection.close()


def forget_merge(admin: Admin, two: Two) -> None:
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute("DELETE FROM companies_merge WHERE stays_id = ANY (%s)", [two.ids])
        admin.execute("DELETE FROM procrastinate_jobs")
    for house in (two.gone, two.stays):
        forget_committed(admin, house.company, [])
    forget_committed(admin, two.stays.company, two.people)


def left(admin: Admin, company: Company) -> dict[str, int]:
    with admin.cursor() as cursor:
        return rows_of(cursor, company)


def run() -> None:
    assert merging_job.advance(actor=merging_job.ACTOR) == 1


def merge_of(two: Two) -> Merge:
    with company_scope(two.ids):
        return Merge.objects.get(gone=two.gone.company.pk, stopped_at=None)


def test_everything_of_one_company_is_the_others_afterwards(
    two: Two, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row of any table with a company is left, but those in one list; none is lost, and none doubled."""
    monkeypatch.setattr("kolonne.portal.telemetry.merging.BATCH", 40)  # several transactions for a day of a van
    gone, stays = left(admin, two.gone.company), left(admin, two.stays.company)
    assert {"telemetry.sample", "commands_command", "vehicles_module", "commerce_order"} <= set(gone)
    agree(two)
    run()
    after = left(admin, two.stays.company)
    assert set(left(admin, two.gone.company)) == LEFT
    united = set(LEFT) | {"companies_company", "companies_companyversion", "companies_membership", "companies_site"}
    together = {table: gone.get(table, 0) + stays.get(table, 0) for table in {*gone, *stays} - united}
    # A new generation of the contract that moved, and requests for access are gone.
    together["commerce_contractversion"] += 1
    assert {table: after.get(table, 0) for table in together} == together
    assert after["companies_membership"] == 4
    tenant = Tenant.objects.get(pk=two.gone.company.pk)
    assert (tenant.closed_at is not None, tenant.merged_into_id) == (True, two.stays.company.pk)
    with company_scope(two.ids):
        assert not Company.objects.filter(pk=two.gone.company.pk).exists()


def test_roles_of_both_companies_are_united(two: Two) -> None:
    agree(two)
    run()
    with company_scope([two.stays.company.pk]):
        roles = {row.user_id: sorted(row.roles) for row in Membership.objects.all()}
    assert roles[two.both.pk] == ["driver", "fleet_manager"]
    assert roles[two.gro.pk] == roles[two.ada.pk] == roles[two.kim.pk] == ["administrator"]
    assert actor_of(two.gro).company_ids == [two.stays.company.pk]


def test_sites_keep_their_names_apart_and_the_main_address_becomes_one(two: Two) -> None:
    with company_scope(two.ids):
        Company.objects.filter(pk=two.gone.company.pk).update(street="Kaien 1", postal_code="5003", city="Bergen")
    agree(two)
    run()
    with company_scope([two.stays.company.pk]):
        sites = {site.name: site.address for site in Site.objects.all()}
    assert sites == {
        "Depot": "Depotvegen 1", "Depot (Bortbud AS)": "Depotvegen 1", "Bortbud AS": "Kaien 1, 5003 Bergen",
    }  # fmt: skip


def test_contracts_go_on_in_a_new_generation(two: Two) -> None:
    with company_scope(two.ids):
        (contract,) = Contract.objects.filter(company=two.gone.company)
    agree(two)
    run()
    with company_scope([two.stays.company.pk]):
        contract.refresh_from_db()
        parties = [version.party.get("name") for version in contract.versions.order_by("generation")]
    assert (contract.company_id, contract.state) == (two.stays.company.pk, "active")
    assert parties == ["Bortbud AS", "Blirbud AS"]


def test_both_chains_say_so_and_still_verify(two: Two) -> None:
    agree(two)
    run()
    for company in two.ids:
        with company_scope([company]), platform_scope():
            verbs = set(Entry.objects.filter(company_id=company).values_list("verb", flat=True))
            assert {"companies.merge.begun", "companies.merge.done"} <= verbs
            assert first_broken_entry(company) is None


def test_everybody_is_told_at_the_end(two: Two) -> None:
    agree(two)
    ProcrastinateJob.objects.filter(task_name="identity.send_mail").delete()
    run()
    jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail")
    told = sorted((job.args["mail"], job.args["user_id"]) for job in jobs)
    gone = sorted([two.kim.pk, two.gro.pk, two.both.pk])
    assert told == [("company_grown", two.ada.pk), *(("company_merged", pk) for pk in gone)]
    assert merge_of(two).people == []


def test_what_ends_at_once_ends_with_the_confirmation(two: Two) -> None:
    agree(two)
    with company_scope(two.ids):
        assert not ApiKey.objects.filter(company=two.gone.company, revoked_at=None).exists()
        assert ApiKey.objects.filter(company=two.stays.company, revoked_at=None).count() == 1
        invitations = Invitation.objects.filter(company=two.gone.company, revoked_at=None)
        assert not invitations.exists()
        assert not VerificationCase.objects.filter(company=two.gone.company, closed_at=None).exists()
    rights = actor_of(two.gro).rights[two.gone.company.pk]
    assert rights <= WHILE_LEAVING


def test_nothing_moves_without_a_confirmed_merge(two: Two) -> None:
    """The functions of the database look themselves."""
    merging.propose_merge(actor=actor_of(two.kim), gone=two.gone.company, stays=two.stays.company)
    for gone, stays in (two.ids, two.ids[::-1]):
        with pytest.raises(DatabaseError, match="does not become part"), company_scope(two.ids):
            merging_job.sweep(gone, stays)
    assert merging_job.advance(actor=merging_job.ACTOR) == 0
    agree(two)
    with pytest.raises(DatabaseError, match="does not become part"), company_scope(two.ids):
        merging_job.sweep(*two.ids[::-1])


def test_a_row_that_somebody_adds_at_the_last_moment_does_not_stay_behind(two: Two, admin: Admin) -> None:
    """A request that began before: its key finds no company any more, or its row goes along."""
    agree(two)
    insert = "INSERT INTO companies_site (company_id, name, street, postal_code, city) VALUES (%s, %s, '', '', '')"
    admin.execute(insert, [two.gone.company.pk, "Early"])
    worker = threading.Thread(target=elsewhere)
    admin.execute("BEGIN")
    admin.execute(insert, [two.gone.company.pk, "Late"])
    worker.start()
    worker.join(20)
    assert not worker.is_alive()
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        admin.execute("COMMIT")
    assert set(left(admin, two.gone.company)) == LEFT
    with company_scope([two.stays.company.pk]):
        assert Site.objects.filter(name="Early").exists()


def elsewhere() -> None:
    """As a worker does, on a connection of its own."""
    try:
        merging_job.advance(actor=merging_job.ACTOR)
    finally:
        connection.close()


def test_two_workers_at_once_do_each_step_once(two: Two, admin: Admin) -> None:
    agree(two)
    workers = [threading.Thread(target=elsewhere) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert set(left(admin, two.gone.company)) == LEFT
    assert merge_of(two).steps == ["rows", "readings", "closed"]
    assert left(admin, two.stays.company)["telemetry.sample"] == 300


def test_killed_within_and_behind_every_transaction_it_ends_the_same(two: Two, admin: Admin, platform: Config) -> None:
    agree(two)
    job = subprocess.run(
        [sys.executable, "-c", RUN],
        env=os.environ | {"KOLONNE_DATA": str(platform.data)},
        check=False,
        capture_output=True,
        timeout=120,
    )
    assert job.returncode == 0, job.stderr.decode()
    assert int(job.stdout.split()[-1]) > 10
    assert set(left(admin, two.gone.company)) == LEFT
    assert left(admin, two.stays.company)["telemetry.sample"] == 300
    assert merge_of(two).steps == ["rows", "readings", "closed"]


def test_what_both_have_and_one_company_can_have_once_is_found_before(two: Two, admin: Admin) -> None:
    """Also in tables that nobody thought of here: the catalogue of the database tells."""
    merge = merging.propose_merge(actor=actor_of(two.kim), gone=two.gone.company, stays=two.stays.company)
    assert preview_of(merge).clashes == []
    admin.execute("CREATE TABLE zz_merge_test (company_id int, name text, UNIQUE (company_id, name))")
    try:
        admin.execute("ALTER TABLE zz_merge_test ENABLE ROW LEVEL SECURITY")
        admin.execute("CREATE POLICY everybody ON zz_merge_test USING (true)")
        admin.execute("GRANT SELECT ON zz_merge_test TO kolonne_app")
        admin.execute("INSERT INTO zz_merge_test VALUES (%s, 'one'), (%s, 'two')", two.ids)
        assert preview_of(merge).clashes == []
        admin.execute("INSERT INTO zz_merge_test VALUES (%s, 'two')", [two.ids[0]])
        assert preview_of(merge).clashes == ["zz_merge_test"]
        with pytest.raises(Conflict) as refusal:
            merging.agree_to_merge(actor=actor_of(two.kim), merge=merge, typed_name="Bortbud AS")
        assert refusal.value.code == "merge_clash"
    finally:
        admin.execute("DROP TABLE zz_merge_test")


def test_a_letter_for_the_company_that_goes_reaches_the_other(two: Two, admin: Admin) -> None:
    """Ingest may not have heard yet whose the module is."""
    agree(two)
    run()
    insert = (
        "INSERT INTO telemetry.dead_letter (company_id, serial, received, reason, payload) "
        "VALUES (%s, 'TESTLATE', now(), 'broken', 'x') RETURNING company_id"
    )
    assert admin.execute(insert, [two.gone.company.pk]).fetchone() == (two.stays.company.pk,)
    admin.execute("DELETE FROM telemetry.dead_letter WHERE serial = 'TESTLATE'")


def test_every_key_that_carries_the_company_can_wait_until_the_end_of_a_transaction(admin: Admin) -> None:
    """Also those of tables to come: otherwise a merge could not move parent and child."""
    keys = admin.execute(
        "SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k JOIN pg_attribute a "
        "ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname = 'company_id' "
        "WHERE k.contype = 'f' AND NOT k.condeferrable"
    ).fetchall()
    assert keys == []


def test_of_two_who_confirm_at_once_one_begins_it(two: Two) -> None:
    actor = actor_of(two.kim)
    merge = merging.propose_merge(actor=actor, gone=two.gone.company, stays=two.stays.company)
    outcome: list[str] = []

    def confirm() -> None:
        try:
            merging.agree_to_merge(actor=actor, merge=merge, typed_name="Bortbud AS")
            outcome.append("begun")
        except Conflict as refusal:
            outcome.append(refusal.code)
        finally:
            connection.close()

    people = [threading.Thread(target=confirm) for _ in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join(20)
    assert sorted(outcome) == ["begun", "merge_over", "merge_over", "merge_over"]
    assert ProcrastinateJob.objects.filter(task_name="companies.carry_out_merge").count() == 1


def test_two_companies_that_would_join_each_other_at_once_do_not(two: Two) -> None:
    """Each was proposed into the other; the last proposal is the one that counts."""
    actor = actor_of(two.kim)
    first = merging.propose_merge(actor=actor, gone=two.gone.company, stays=two.stays.company)
    second = merging.propose_merge(actor=actor, gone=two.stays.company, stays=two.gone.company)
    with pytest.raises(Conflict) as refusal:
        merging.agree_to_merge(actor=actor, merge=first, typed_name="Bortbud AS")
    assert refusal.value.code == "merge_over"
    assert merging.agree_to_merge(actor=actor, merge=second, typed_name="Blirbud AS").is_running
