"""CO-10: two companies become one, with everything of both."""

import pytest
from django.db import DatabaseError
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.audit.queries import first_broken_entry
from kolonne.portal.commerce.models import Contract
from kolonne.portal.companies.actions import merging, merging_job
from kolonne.portal.companies.models import ApiKey, Company, Invitation, Membership, Site, Tenant, VerificationCase
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.merging import preview_of
from kolonne.portal.companies.queries.rights import WHILE_LEAVING
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope, platform_scope
from kolonne.portal.site.tests.merge_cast import LEFT, Admin, Two, agree, committed, left, merge_of, run

__all__ = ["committed"]


def test_everything_of_one_company_is_the_others_afterwards(
    committed: Two, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row of any table with a company is left, but those in one list; none is lost, and none doubled."""
    monkeypatch.setattr("kolonne.portal.telemetry.merging.BATCH", 40)  # several transactions for a day of a van
    gone, stays = left(admin, committed.gone.company), left(admin, committed.stays.company)
    assert {"telemetry.sample", "commands_command", "vehicles_module", "commerce_order"} <= set(gone)
    agree(committed)
    run()
    after = left(admin, committed.stays.company)
    assert set(left(admin, committed.gone.company)) == LEFT
    united = set(LEFT) | {"companies_company", "companies_companyversion", "companies_membership", "companies_site"}
    together = {table: gone.get(table, 0) + stays.get(table, 0) for table in {*gone, *stays} - united}
    # A new generation of the contract that moved, and requests for access are gone.
    together["commerce_contractversion"] += 1
    assert {table: after.get(table, 0) for table in together} == together
    assert after["companies_membership"] == 4
    tenant = Tenant.objects.get(pk=committed.gone.company.pk)
    assert (tenant.closed_at is not None, tenant.merged_into_id) == (True, committed.stays.company.pk)
    with company_scope(committed.ids):
        assert not Company.objects.filter(pk=committed.gone.company.pk).exists()


def test_roles_of_both_companies_are_united(committed: Two) -> None:
    agree(committed)
    run()
    with company_scope([committed.stays.company.pk]):
        roles = {row.user_id: sorted(row.roles) for row in Membership.objects.all()}
    assert roles[committed.both.pk] == ["driver", "fleet_manager"]
    assert roles[committed.gro.pk] == roles[committed.ada.pk] == roles[committed.kim.pk] == ["administrator"]
    assert actor_of(committed.gro).company_ids == [committed.stays.company.pk]


def test_sites_keep_their_names_apart_and_the_main_address_becomes_one(committed: Two) -> None:
    with company_scope(committed.ids):
        Company.objects.filter(pk=committed.gone.company.pk).update(street="Kaien 1", postal_code="5003", city="Bergen")
    agree(committed)
    run()
    with company_scope([committed.stays.company.pk]):
        sites = {site.name: site.address for site in Site.objects.all()}
    assert sites == {
        "Depot": "Depotvegen 1", "Depot (Bortbud AS)": "Depotvegen 1", "Bortbud AS": "Kaien 1, 5003 Bergen",
    }  # fmt: skip


def test_contracts_go_on_in_a_new_generation(committed: Two) -> None:
    with company_scope(committed.ids):
        (contract,) = Contract.objects.filter(company=committed.gone.company)
    agree(committed)
    run()
    with company_scope([committed.stays.company.pk]):
        contract.refresh_from_db()
        parties = [version.party.get("name") for version in contract.versions.order_by("generation")]
    assert (contract.company_id, contract.state) == (committed.stays.company.pk, "active")
    assert parties == ["Bortbud AS", "Blirbud AS"]


def test_both_chains_say_so_and_still_verify(committed: Two) -> None:
    agree(committed)
    run()
    for company in committed.ids:
        with company_scope([company]), platform_scope():
            verbs = set(Entry.objects.filter(company_id=company).values_list("verb", flat=True))
            assert {"companies.merge.begun", "companies.merge.done"} <= verbs
            assert first_broken_entry(company) is None


def test_other_administrators_of_the_company_that_goes_hear_of_it_while_they_can_stop_it(committed: Two) -> None:
    ProcrastinateJob.objects.filter(task_name="identity.send_mail").delete()
    agree(committed)
    jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail")
    assert [(job.args["mail"], job.args["user_id"]) for job in jobs] == [("merge_wanted", committed.gro.pk)]


def test_everybody_is_told_at_the_end(committed: Two) -> None:
    agree(committed)
    ProcrastinateJob.objects.filter(task_name="identity.send_mail").delete()
    run()
    jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail")
    told = sorted((job.args["mail"], job.args["user_id"]) for job in jobs)
    gone = sorted([committed.kim.pk, committed.gro.pk, committed.both.pk])
    assert told == [("company_grown", committed.ada.pk), *(("company_merged", pk) for pk in gone)]
    assert merge_of(committed).people == []


def test_what_ends_at_once_ends_with_the_confirmation(committed: Two) -> None:
    agree(committed)
    with company_scope(committed.ids):
        assert not ApiKey.objects.filter(company=committed.gone.company, revoked_at=None).exists()
        assert ApiKey.objects.filter(company=committed.stays.company, revoked_at=None).count() == 1
        invitations = Invitation.objects.filter(company=committed.gone.company, revoked_at=None)
        assert not invitations.exists()
        assert not VerificationCase.objects.filter(company=committed.gone.company, closed_at=None).exists()
    rights = actor_of(committed.gro).rights[committed.gone.company.pk]
    assert rights <= WHILE_LEAVING


def test_nothing_moves_without_a_confirmed_merge(committed: Two) -> None:
    """The functions of the database look themselves."""
    merging.propose_merge(actor=actor_of(committed.kim), gone=committed.gone.company, stays=committed.stays.company)
    for gone, stays in (committed.ids, committed.ids[::-1]):
        with pytest.raises(DatabaseError, match="does not become part"), company_scope(committed.ids):
            merging_job.sweep(gone, stays)
    assert merging_job.advance(actor=merging_job.ACTOR) == 0
    agree(committed)
    with pytest.raises(DatabaseError, match="does not become part"), company_scope(committed.ids):
        merging_job.sweep(*committed.ids[::-1])


def test_what_both_have_and_one_company_can_have_once_is_found_before(committed: Two, admin: Admin) -> None:
    """Also in tables that nobody thought of here: the catalogue of the database tells."""
    merge = merging.propose_merge(
        actor=actor_of(committed.kim), gone=committed.gone.company, stays=committed.stays.company
    )
    assert preview_of(merge).clashes == []
    admin.execute("CREATE TABLE zz_merge_test (company_id int, name text, UNIQUE (company_id, name))")
    try:
        admin.execute("ALTER TABLE zz_merge_test ENABLE ROW LEVEL SECURITY")
        admin.execute("CREATE POLICY everybody ON zz_merge_test USING (true)")
        admin.execute("GRANT SELECT ON zz_merge_test TO kolonne_app")
        admin.execute("INSERT INTO zz_merge_test VALUES (%s, 'one'), (%s, 'two')", committed.ids)
        assert preview_of(merge).clashes == []
        admin.execute("INSERT INTO zz_merge_test VALUES (%s, 'two')", [committed.ids[0]])
        assert preview_of(merge).clashes == ["zz_merge_test"]
        with pytest.raises(Conflict) as refusal:
            merging.agree_to_merge(actor=actor_of(committed.kim), merge=merge, typed_name="Bortbud AS")
        assert refusal.value.code == "merge_clash"
    finally:
        admin.execute("DROP TABLE zz_merge_test")


def test_a_letter_for_the_company_that_goes_reaches_the_other(committed: Two, admin: Admin) -> None:
    """Ingest may not have heard yet whose the module is."""
    agree(committed)
    run()
    insert = (
        "INSERT INTO telemetry.dead_letter (company_id, serial, received, reason, payload) "
        "VALUES (%s, 'TESTLATE', now(), 'broken', 'x') RETURNING company_id"
    )
    assert admin.execute(insert, [committed.gone.company.pk]).fetchone() == (committed.stays.company.pk,)
    admin.execute("DELETE FROM telemetry.dead_letter WHERE serial = 'TESTLATE'")


def test_every_key_that_carries_the_company_can_wait_until_the_end_of_a_transaction(admin: Admin) -> None:
    """Also those of tables to come: otherwise a merge could not move parent and child."""
    keys = admin.execute(
        "SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k JOIN pg_attribute a "
        "ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname = 'company_id' "
        "WHERE k.contype = 'f' AND NOT k.condeferrable"
    ).fetchall()
    assert keys == []


def test_two_companies_that_would_join_each_other_at_once_do_not(committed: Two) -> None:
    """Each was proposed into the other; the last proposal is the one that counts."""
    actor = actor_of(committed.kim)
    first = merging.propose_merge(actor=actor, gone=committed.gone.company, stays=committed.stays.company)
    second = merging.propose_merge(actor=actor, gone=committed.stays.company, stays=committed.gone.company)
    with pytest.raises(Conflict) as refusal:
        merging.agree_to_merge(actor=actor, merge=first, typed_name="Bortbud AS")
    assert refusal.value.code == "merge_over"
    assert merging.agree_to_merge(actor=actor, merge=second, typed_name="Blirbud AS").is_running
