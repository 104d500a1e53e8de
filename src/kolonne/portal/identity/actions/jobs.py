"""Jobs whose worker died, and jobs that failed for good. Procrastinate leaves both as they are."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from procrastinate import sql
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException

SILENCE = timedelta(minutes=2)
"""A worker says every ten seconds that it lives."""
MOST_TRIES = 20
"""A job that takes its worker with it each time is left alone after so many."""
FAILED_KEPT = timedelta(days=30)
"""For the operator to look at; then what its arguments say of people goes, too."""

log = structlog.get_logger(__name__)


def take_up(*, now: datetime) -> int:
    """Queues again what a dead worker was busy with, for no mail may be lost; says how many jobs that were.

    A job can therefore run twice; each is made for that.
    """
    lost = Q(worker=None) | Q(worker__last_heartbeat__lt=now - SILENCE)
    jobs = ProcrastinateJob.objects.filter(lost, status="doing", attempts__lt=MOST_TRIES).order_by("pk")
    return sum(_again(pk, name, now) for pk, name in jobs.values_list("pk", "task_name"))


def _again(pk: int, name: str, now: datetime) -> bool:
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(pk, now)
    except ConnectorException:
        return False  # it is done meanwhile, or the next of its kind, of which one may wait, does its work
    log.warning("job of a dead worker queued again", job=pk, task=name)
    return True


def forget_failed() -> None:
    """Deletes jobs that failed for good `FAILED_KEPT` ago."""
    hours = FAILED_KEPT // timedelta(hours=1)
    facts = {"nb_hours": hours, "queue": None, "statuses": ["failed", "cancelled", "aborted"]}
    app.connector.get_sync_connector().execute_query(query=sql.queries["delete_old_jobs"], **facts)
