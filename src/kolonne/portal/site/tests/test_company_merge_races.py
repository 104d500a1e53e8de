"""CO-10: a merge that is killed, done twice at once, or raced by a request that began before."""

import os
import subprocess
import sys
import threading

import psycopg
import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.config import Config
from kolonne.portal.companies.actions import merging, merging_job
from kolonne.portal.companies.models import Site
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.tests.merge_cast import LEFT, Admin, Two, agree, committed, left, merge_of

__all__ = ["committed"]
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


def elsewhere() -> None:
    """As a worker does, on a connection of its own."""
    try:
        merging_job.advance(actor=merging_job.ACTOR)
    finally:
        connection.close()


def test_a_row_that_somebody_adds_at_the_last_moment_does_not_stay_behind(committed: Two, admin: Admin) -> None:
    """A request that began before: its key finds no company any more, or its row goes along."""
    agree(committed)
    insert = "INSERT INTO companies_site (company_id, name, street, postal_code, city) VALUES (%s, %s, '', '', '')"
    admin.execute(insert, [committed.gone.company.pk, "Early"])
    worker = threading.Thread(target=elsewhere)
    admin.execute("BEGIN")
    admin.execute(insert, [committed.gone.company.pk, "Late"])
    worker.start()
    worker.join(20)
    assert not worker.is_alive()
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        admin.execute("COMMIT")
    assert set(left(admin, committed.gone.company)) == LEFT
    with company_scope([committed.stays.company.pk]):
        assert Site.objects.filter(name="Early").exists()


def test_two_workers_at_once_do_each_step_once(committed: Two, admin: Admin) -> None:
    agree(committed)
    workers = [threading.Thread(target=elsewhere) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert set(left(admin, committed.gone.company)) == LEFT
    assert merge_of(committed).steps == ["rows", "readings", "closed"]
    assert left(admin, committed.stays.company)["telemetry.sample"] == 300


def test_killed_within_and_behind_every_transaction_it_ends_the_same(
    committed: Two, admin: Admin, platform: Config
) -> None:
    agree(committed)
    job = subprocess.run(
        [sys.executable, "-c", RUN],
        env=os.environ | {"KOLONNE_DATA": str(platform.data)},
        check=False,
        capture_output=True,
        timeout=120,
    )
    assert job.returncode == 0, job.stderr.decode()
    assert int(job.stdout.split()[-1]) > 10
    assert set(left(admin, committed.gone.company)) == LEFT
    assert left(admin, committed.stays.company)["telemetry.sample"] == 300
    assert merge_of(committed).steps == ["rows", "readings", "closed"]


def test_of_two_who_confirm_at_once_one_begins_it(committed: Two) -> None:
    actor = actor_of(committed.kim)
    merge = merging.propose_merge(actor=actor, gone=committed.gone.company, stays=committed.stays.company)
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
