"""CO-11: the job that goes after an erased person's traces."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit import actions as audit
from kolonne.portal.audit import queries as entries
from kolonne.portal.companies.models import CompanyVersion, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions import traces
from kolonne.portal.identity.actions.erasure import delete_user
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db


def changed_by(house: House, name: str) -> CompanyVersion:
    with company_scope(house.scope):
        return CompanyVersion.objects.create(company=house.company, generation=7, name="Fjordbud AS", changed_by=name)


def run(rounds: int = 0) -> None:
    job = ProcrastinateJob.objects.filter(task_name="identity.erase_traces").latest("pk")
    traces.erase_traces(sealed=job.args["sealed"], receipt=job.args["receipt"], rounds=rounds)


def test_labels_become_a_number_also_earlier_names(ours: House, bob: User) -> None:
    with company_scope(ours.scope):
        audit.record(actor_of(bob), "companies.company.changed", on=ours.company, company_id=ours.company.pk)
    version = changed_by(ours, "Bob Test")
    bob.first_name, bob.last_name = "Robert", "Newname"
    bob.save()
    delete_user(actor=SYSTEM, user=bob)
    run()
    with company_scope(ours.scope):
        version.refresh_from_db()
    assert version.changed_by == f"person {bob.pk}"


def test_a_name_that_two_people_bear_stays(ours: House, bob: User) -> None:
    namesake = person("namesake")
    namesake.first_name, namesake.last_name = "Bob", "Test"
    namesake.save()
    version = changed_by(ours, "Bob Test")
    delete_user(actor=SYSTEM, user=bob)
    run()
    with company_scope(ours.scope):
        version.refresh_from_db()
        assert version.changed_by == "Bob Test"
        # In the audit numbers say who is meant.
        assert not entries.concerning(bob.pk, ours.company.pk).filter(target_label__contains="Bob").exists()


def test_a_job_that_was_killed_goes_on_where_it_was(ours: House, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    version = changed_by(ours, "Bob Test")
    delete_user(actor=SYSTEM, user=bob)
    with monkeypatch.context() as patch:
        patch.setattr(traces, "_delete_files", _killed)
        with pytest.raises(KeyboardInterrupt):
            run()
    run()
    run(rounds=1)
    with company_scope(ours.scope):
        version.refresh_from_db()
        assert entries.first_broken_entry(ours.company.pk) is None
    assert version.changed_by == f"person {bob.pk}"


def _killed(*_: object, **__: object) -> int:
    raise KeyboardInterrupt


def test_what_jobs_know_of_the_person_is_encrypted_and_waits_for_a_day(ours: House, bob: User) -> None:
    delete_user(actor=SYSTEM, user=bob)
    run()
    jobs = ProcrastinateJob.objects.filter(task_name="identity.erase_traces").order_by("pk")
    assert [job.args.get("rounds", 0) for job in jobs] == [0, 1]
    assert jobs[1].scheduled_at is not None
    assert not any("bob" in str(job.args).lower().split("sealed")[0] for job in jobs)
    run(rounds=1)
    assert jobs.count() == 2  # nothing names him any more: it ends


def test_a_user_id_that_is_the_name_of_a_mail_takes_no_mails_from_others(ours: House, bob: User, alice: User) -> None:
    """Whoever chooses his own user id could else have deleted what everybody waits for."""
    mallory = person("person_blocked", ours, Role.DRIVER)
    mails.post("person_blocked", alice)
    mails.post("person_password_reset", bob, helper="person_blocked")
    delete_user(actor=SYSTEM, user=mallory)
    run(rounds=1)
    waiting = ProcrastinateJob.objects.filter(task_name="identity.send_mail").values_list("args__mail", flat=True)
    assert list(waiting) == ["person_blocked"]


def test_the_row_that_stays_tells_when_it_was_erased_and_not_when_the_person_was_here(bob: User) -> None:
    """CO-11: a number and nothing else."""
    gone = delete_user(actor=SYSTEM, user=bob)
    gone.refresh_from_db()
    assert gone.date_joined == gone.last_sign_in_at == gone.state_since
    assert (gone.mobile, gone.birth_date, gone.verified_at, gone.last_login) == ("", None, None, None)
