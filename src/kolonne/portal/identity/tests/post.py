"""What the worker does with the jobs of a test, and what is in the mails then."""

import re
from types import SimpleNamespace

from django.core import mail
from django.core.mail import EmailMessage
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

ADDRESS = re.compile(r"https?://[^/\s]+(/\S+)")


class PostOffice:
    """Runs every job once, those that jobs leave behind included."""

    def __init__(self) -> None:
        self.done: set[int] = set(ProcrastinateJob.objects.values_list("pk", flat=True))

    def queued(self) -> list[ProcrastinateJob]:
        return list(ProcrastinateJob.objects.exclude(pk__in=self.done).order_by("pk"))

    def run(self) -> list[EmailMessage]:
        """The mails that came of it."""
        before = len(mail.outbox)
        while jobs := self.queued():
            for job in jobs:
                self.done.add(job.pk)
                task = app.tasks[job.task_name]
                context = [SimpleNamespace(job=SimpleNamespace(id=job.pk))] if task.pass_context else []
                task.func(*context, **job.args)
        return list(mail.outbox[before:])


def path_in(message: EmailMessage) -> str:
    """Of the first address in a mail."""
    found = ADDRESS.search(str(message.body))
    assert found, message.body
    return found[1]
