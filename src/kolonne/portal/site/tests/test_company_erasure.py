"""CO-07: what the job erases, when it is killed, and when twenty people order at the same second.

Everything here is committed, so that other connections and programs see it, and removed by hand.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.config import Config
from kolonne.portal.companies import hooks
from kolonne.portal.companies.actions import closing, leaving
from kolonne.portal.companies.models import Leaving, Role, Tenant
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House, build_house, forget_committed, person
from kolonne.portal.identity.models import State
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.tests.leaving_cast import ENDS_AT, KEPT, ORDERED_AT, drive, fill, rows_of

Admin = psycopg.Connection[tuple[Any, ...]]
SAMPLES = 300

RUN = """
import os, signal, sys
from datetime import datetime
from kolonne.portal.site.programs import setup_django
setup_django("kolonne_app")
from kolonne.portal.companies.actions import closing
from kolonne.portal.companies.models import Leaving
now, once, save, wrote = datetime.fromisoformat(sys.argv[1]), closing._once, Leaving.save, []
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
Leaving.save, closing._once = save_and_note, once_and_die
died, status = 0, 1
while status:
    dies_before_commit = died % 2 == 0
    child = os.fork()
    if not child:
        closing.advance(actor=closing.ACTOR, now=now)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    died += status == signal.SIGKILL
print(died)
"""
"""The job in processes of its own, each of which is killed: in turn within and behind a transaction that did a step."""


class Street:
    """Two companies, one of which is leaving."""

    def __init__(self) -> None:
        self.gone, self.stays = (
            build_house("Bortreist AS", "WK0TEST0000000071", "TEST000000071"),
            build_house("Blir AS", "WK0TEST0000000072", "TEST000000072"),
        )
        self.users = [
            person("leaver", self.gone, Role.ADMINISTRATOR),
            person("leaver2", self.gone, Role.FLEET_MANAGER),
            person("stayer", self.stays, Role.ADMINISTRATOR),
        ]
        fill(self.gone, self.users[0])
        fill(self.stays, self.users[2])

    def order(self) -> Leaving:
        with company_scope(self.gone.scope):
            return leaving.order_deletion(
                actor=actor_of(self.users[0]),
                company=self.gone.company,
                typed_name=self.gone.company.name,
                now=ORDERED_AT,
            )


@pytest.fixture
def street(django_db_setup: None, django_db_blocker: pytest.FixtureRequest, admin: Admin) -> Iterator[Street]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's own
        made = Street()
        with admin.cursor() as cursor:
            for house in (made.gone, made.stays):
                drive(cursor, house, days=3, samples=SAMPLES // 3)
        yield made
        for house, users in ((made.gone, made.users[:2]), (made.stays, made.users[2:])):
            forget_committed(admin, house.company, users)
        admin.execute("DELETE FROM audit_entry WHERE company_id IS NULL AND verb = 'companies.company.erased'")
        admin.execute("DELETE FROM procrastinate_jobs")
        connection.close()


def left(admin: Admin, house: House) -> dict[str, int]:
    with admin.cursor() as cursor:
        return rows_of(cursor, house.company)


def test_nothing_is_left_but_a_number_the_receipt_and_the_audit(
    street: Street, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kolonne.portal.telemetry.departure.BATCH", 70)  # several transactions for a van's samples
    before, others = left(admin, street.gone), left(admin, street.stays)
    assert {"telemetry.sample", "commands_command", "vehicles_module", "companies_membership"} <= set(before)
    assert before["telemetry.sample"] == SAMPLES
    street.order()
    closing.advance(actor=closing.ACTOR, now=ENDS_AT)
    assert set(left(admin, street.gone)) == KEPT
    assert left(admin, street.stays) == others
    row = admin.execute(
        "SELECT counts, ordered_by, erased_at IS NOT NULL FROM companies_leaving WHERE company_id = %s",
        [street.gone.company.pk],
    ).fetchone()
    assert row is not None
    counts, by, is_erased = row
    expected = {"vans": 1, "modules": 1, "readings": SAMPLES, "commands": 1, "contracts": 1, "orders": 1, "sites": 1}
    assert expected.items() <= counts.items()
    assert (counts["people"], by, is_erased) == (2, "", True)
    for user in street.users[:2]:
        user.refresh_from_db()
        assert (user.state, user.email, str(user.username).startswith("deleted-")) == (State.DELETED, "", True)


def test_the_receipt_goes_to_administrators_and_into_the_platforms_audit(street: Street, admin: Admin) -> None:
    street.order()
    closing.advance(actor=closing.ACTOR, now=ENDS_AT)
    farewells = ProcrastinateJob.objects.filter(task_name="identity.send_farewell")
    assert [job.args["mail"] for job in farewells] == ["company_erased", "company_erased"]
    assert not any("leaver" in str(job.args) for job in farewells)  # sealed: the address is nowhere in the clear
    (facts,) = admin.execute(
        "SELECT facts FROM audit_entry WHERE company_id IS NULL AND verb = 'companies.company.erased'"
    ).fetchall()[0]
    assert facts["readings"] == SAMPLES


def test_killed_behind_every_transaction_it_ends_the_same(street: Street, admin: Admin, platform: Config) -> None:
    street.order()
    job = subprocess.run(
        [sys.executable, "-c", RUN, ENDS_AT.isoformat()],
        env=os.environ | {"KOLONNE_DATA": str(platform.data)},
        check=False,
        capture_output=True,
        timeout=120,
    )
    assert job.returncode == 0, job.stderr.decode()
    died = int(job.stdout.split()[-1])
    assert died > 2 * len(hooks.departures())
    assert set(left(admin, street.gone)) == KEPT
    with company_scope(street.gone.scope):
        done = Leaving.objects.get(company=street.gone.company)
        assert len(done.steps) == len(set(done.steps)) == 2 * len(hooks.departures()) + 2
        assert done.counts["readings"] == SAMPLES
        assert done.counts["people"] == 2


def test_a_part_that_fails_is_taken_up_again_and_keeps_nobody_else_waiting(
    street: Street, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.order()

    def no_space_left(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("kolonne.portal.telemetry.departure.note_erased", no_space_left)
    closing.advance(actor=closing.ACTOR, now=ENDS_AT)
    assert left(admin, street.gone)["telemetry.sample"] == SAMPLES
    assert Tenant.objects.get(pk=street.gone.company.pk).closed_at is None
    monkeypatch.undo()
    closing.advance(actor=closing.ACTOR, now=ENDS_AT + timedelta(minutes=15))
    assert set(left(admin, street.gone)) == KEPT


def test_of_twenty_orders_at_once_one_counts(street: Street) -> None:
    outcome: list[str] = []
    start = threading.Barrier(20)

    def one() -> None:
        try:
            start.wait(20)
            street.order()
            outcome.append("ordered")
        except (Conflict, NotAllowed):
            # Whoever reads his rights after the first order has none of the fleet's; the right to delete stays.
            outcome.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcome) == ["ordered"] + ["refused"] * 19
    with company_scope(street.gone.scope):
        assert Leaving.objects.filter(company=street.gone.company).count() == 1
    mails = ProcrastinateJob.objects.filter(args__mail="company_leaving")
    assert sorted(job.args["user_id"] for job in mails) == sorted(user.pk for user in street.users[:2])


def advance_elsewhere() -> None:
    """As a worker does, on a connection of its own."""
    try:
        closing.advance(actor=closing.ACTOR, now=ENDS_AT)
    finally:
        connection.close()


def test_two_workers_at_once_do_each_step_once(street: Street, admin: Admin) -> None:
    street.order()
    threads = [threading.Thread(target=advance_elsewhere) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(left(admin, street.gone)) == KEPT
    with company_scope(street.gone.scope):
        done = Leaving.objects.get(company=street.gone.company)
    assert len(done.steps) == len(set(done.steps))
    assert done.counts["people"] == 2


def test_open_live_streams_ask_anew_at_once(street: Street, platform: Config, admin: Admin) -> None:
    admin.execute("LISTEN kolonne_people")
    admin.execute("LISTEN kolonne_modules")
    street.order()
    heard = {(note.channel, note.payload) for note in admin.notifies(timeout=2)}
    assert {("kolonne_people", str(user.pk)) for user in street.users[:2]} <= heard
    assert ("kolonne_modules", street.gone.module.serial) in heard
    assert ("kolonne_modules", street.stays.module.serial) not in heard


def test_who_is_taken_into_another_company_at_the_same_moment_keeps_the_account(street: Street, admin: Admin) -> None:
    """CO-07: only accounts that belong to nothing else go with a company."""
    street.order()
    leaver, other = street.users[1], street.stays.company
    work = threading.Thread(target=advance_elsewhere)
    with admin.transaction():
        admin.execute("SELECT 1 FROM identity_user WHERE id = %s FOR NO KEY UPDATE", [leaver.pk])
        admin.execute(
            "INSERT INTO companies_membership (company_id, user_id, roles, since) VALUES (%s, %s, %s, now())",
            [other.pk, leaver.pk, [Role.DRIVER]],
        )
        work.start()
        work.join(timeout=5)
        assert work.is_alive()
    work.join(timeout=60)
    leaver.refresh_from_db()
    assert leaver.state == State.ACTIVE
    assert Tenant.objects.get(pk=street.gone.company.pk).closed_at == ENDS_AT
