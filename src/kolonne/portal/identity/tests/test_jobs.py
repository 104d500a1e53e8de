"""NF-05, ID-05: no mail is lost with the program that was about to send it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.identity import mails, tasks
from kolonne.portal.identity.models import User

pytestmark = pytest.mark.django_db


def queued(user: User) -> int:
    mails.post("password_reset", user)
    return int(ProcrastinateJob.objects.order_by("-pk")[0].pk)


def begin(job: int, *, heartbeat: timedelta | None, attempts: int = 0) -> None:
    """As a worker leaves it that began the job and said so long ago that it lives; None: it is forgotten already."""
    with connection.cursor() as cursor:
        worker = None
        if heartbeat is not None:
            at = timezone.now() - heartbeat
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s) RETURNING id", [at])
            worker = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s, attempts = %s WHERE id = %s",
            [worker, attempts, job],
        )


def status(job: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=job).status)


@pytest.mark.parametrize(
    ("heartbeat", "attempts", "expected"),
    [
        (timedelta(minutes=3), 0, "todo"),
        (None, 0, "todo"),
        (timedelta(seconds=20), 0, "doing"),
        (timedelta(minutes=3), 20, "doing"),
    ],
)
def test_what_a_dead_worker_began_is_queued_again(
    sam: User, heartbeat: timedelta | None, attempts: int, expected: str
) -> None:
    begin(job := queued(sam), heartbeat=heartbeat, attempts=attempts)
    tasks.take_up_jobs(0)
    assert status(job) == expected


def test_one_that_may_wait_only_once_keeps_no_other_from_its_turn(sam: User) -> None:
    lock = app.configure_task("identity.sweep", queueing_lock="identity.sweep")
    begin(first := lock.defer(timestamp=0), heartbeat=None)
    lock.defer(timestamp=1)
    begin(mail := queued(sam), heartbeat=None)
    tasks.take_up_jobs(0)
    assert (status(first), status(mail)) == ("doing", "todo")


def test_what_failed_is_forgotten_after_a_month(sam: User) -> None:
    jobs = {days: queued(sam) for days in (29, 31)}
    with connection.cursor() as cursor:
        for days, job in jobs.items():
            cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [job])
            at = timezone.now() - timedelta(days=days)
            cursor.execute("UPDATE procrastinate_events SET at = %s WHERE job_id = %s", [at, job])
    tasks.sweep(0)
    kept = ProcrastinateJob.objects.filter(pk__in=jobs.values()).values_list("pk", flat=True)
    assert list(kept) == [jobs[29]]
