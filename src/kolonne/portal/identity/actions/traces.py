"""The job that goes after an erased person's traces: names in the audit, labels, jobs, mails that became files.

The account is erased at once, in one transaction. This runs after it, in small transactions, and can be killed and run
again at any point: names that are gone already are not found a second time.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit import actions as audit
from kolonne.portal.audit import queries as entries
from kolonne.portal.audit.texts import pseudonym
from kolonne.portal.identity.models import HelpRequest, User
from kolonne.portal.lib import folders, sealing
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

ACTOR = Actor.system("identity.erasure")
RECEIPT_KEPT_H = 24
"""Hours for which the receipt lies in the folder of mails, where no mail server is set up."""
MAX_ROUNDS = 15
"""Days on which the job looks again, while jobs that name the person are under way."""
SHORTEST_WORD = 6
log = structlog.get_logger()


@dataclass(frozen=True)
class Gone:
    """Somebody who was erased, as the job must know him to find what is left."""

    user_id: int
    labels: tuple[str, ...]
    """Names that nobody else bears, as columns hold them: of who did something."""
    addresses: tuple[str, ...]
    """E-mail addresses and mobile numbers."""
    targets: tuple[tuple[int, str], ...] = ()
    """(company, target) of audit entries that concern him and do not have his number."""

    @property
    def pseudonym(self) -> str:
        return pseudonym(self.user_id)

    @property
    def words(self) -> tuple[str, ...]:
        """By which texts name him. A user id as short as `admin` is also a word of the language."""
        return (*self.addresses, *(label for label in self.labels if " " in label or len(label) >= SHORTEST_WORD))

    def sealed(self) -> str:
        """Encrypted: what a job has to know lies in the database until it is done."""
        return sealing.seal(json.dumps([self.user_id, self.labels, self.addresses, self.targets]))

    @classmethod
    def unsealed(cls, sealed: str) -> "Gone":
        user_id, labels, addresses, targets = json.loads(sealing.unseal(sealed))
        return cls(user_id, tuple(labels), tuple(addresses), tuple((pk, target) for pk, target in targets))


Forget = Callable[[Gone, int], None]
Targets = Callable[[User], Iterable[tuple[int, str]]]
_forgets: list[Forget] = []
_targets: list[Targets] = []


def when_traces_go(forget: Forget) -> None:
    """Adds what replaces a person's names in the rows of one company (its id), whose scope is open. Idempotent."""
    _forgets.append(forget)


def with_targets(targets: Targets) -> None:
    """Adds (company, target) of audit entries about what is a person's and does not say so, e.g. invitations."""
    _targets.append(targets)


def replace_labels(model: type[models.Model], company_id: int, gone: Gone, *fields: str) -> None:
    """Puts "person 7" where a company's rows say the name of who did something."""
    for field in fields:
        named = model._default_manager.filter(company_id=company_id, **{f"{field}__in": gone.labels})
        named.update(**{field: gone.pseudonym})


def of_person(user: User, addresses: Iterable[str]) -> Gone:
    """What will be searched for; asked while everything is still there."""
    names = {user.get_full_name(), user.username} | entries.labels_of(user.pk)
    targets = tuple(found for find in _targets for found in find(user))
    return Gone(user.pk, tuple(sorted(_unmistakable(user, names))), tuple(sorted({*addresses} - {""})), targets)


def _unmistakable(user: User, names: Iterable[str]) -> set[str]:
    """Without names that somebody else bears, too: nobody can say whom they mean."""
    others = User.objects.exclude(pk=user.pk)
    return {name for name in names if name and not _is_anothers(others, name)}


def _is_anothers(others: "models.QuerySet[User]", name: str) -> bool:
    first, _space, last = name.partition(" ")
    found = Q(username=name)
    while last:
        found |= Q(first_name=first, last_name=last)
        more, _space, last = last.partition(" ")
        first = f"{first} {more}"
    return others.filter(found).exists()


def begin(gone: Gone, receipt: int | None) -> None:
    """Queues the job in the transaction of the erasure; `receipt` is the number of the job that sends it."""
    app.configure_task("identity.erase_traces").defer(sealed=gone.sealed(), receipt=receipt)


def erase_traces(*, sealed: str, receipt: int | None, rounds: int) -> None:
    """One run. It queues itself again for a day later, for the receipt and for mails that were on their way."""
    gone = Gone.unsealed(sealed)
    person = User.objects.get(pk=gone.user_id)
    companies = {*entries.chains_concerning(gone.user_id), *(company for company, _target in gone.targets)}
    for company_id in sorted(companies, key=lambda company: company or 0):
        with company_scope([company_id] if company_id else []):
            _forget_in(person, company_id, gone)
    HelpRequest.objects.filter(handled_by__in=gone.labels).update(handled_by=gone.pseudonym)
    waiting = _delete_jobs(gone, also_waiting=rounds > 0)
    files = _delete_files(gone, keep=f"job-{receipt}" if rounds == 0 and receipt else "")
    log.info("traces erased", person=gone.user_id, chains=len(companies), files=files, waiting=waiting)
    if rounds == 0 or (waiting and rounds < MAX_ROUNDS):
        later = app.configure_task("identity.erase_traces", schedule_in={"hours": RECEIPT_KEPT_H})
        later.defer(sealed=sealed, receipt=receipt, rounds=rounds + 1)


def _forget_in(person: User, company_id: int | None, gone: Gone) -> None:
    targets = [target for company, target in gone.targets if company == company_id]
    audit.remove_names(ACTOR, person=person, company_id=company_id, targets=targets)
    if company_id is not None:
        with transaction.atomic():
            for forget in _forgets:
                forget(gone, company_id)


def _delete_jobs(gone: Gone, *, also_waiting: bool) -> int:
    """Jobs for him, which would find nobody, and jobs that failed and name him; how many that name him are left.

    A mail to somebody else that names him has a day to get out, then it is deleted, too (`also_waiting`).
    """
    ProcrastinateJob.objects.filter(status="todo", args__user_id=gone.user_id).delete()
    named = Q(args__user_id=gone.user_id)
    for words in gone.words:
        text = json.dumps(words, ensure_ascii=False)
        is_plain = " " in words or words in gone.addresses
        # Only among the facts: a user id can be the name of a mail, which others wait for.
        named |= Q(args__icontains=text[1:-1]) if is_plain else Q(args__facts__icontains=f": {text}")
    jobs = ProcrastinateJob.objects.filter(named)
    jobs.exclude(status__in=["doing"] if also_waiting else ["doing", "todo"]).delete()
    return jobs.count()


def _delete_files(gone: Gone, *, keep: str) -> int:
    """Mails and SMS that are files because no server is set up: those to him, and those that name him."""
    return sum(
        folders.delete_naming(Path(folder), gone.words, keep=keep)
        for folder in (settings.EMAIL_FOLDER, settings.SMS_FOLDER)
    )


def empty_folders(*, now: datetime) -> int:
    """Deletes mails and SMS that became files so long ago that nobody looks for them; says how many."""
    before = now - settings.FILES_OF_MAILS_KEPT
    return sum(
        folders.delete_older(Path(folder), than=before) for folder in (settings.EMAIL_FOLDER, settings.SMS_FOLDER)
    )
