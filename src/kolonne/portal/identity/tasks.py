import json
from typing import Any

from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from kolonne.portal.identity import mails
from kolonne.portal.identity.actions import help as help_requests
from kolonne.portal.identity.actions import housekeeping, jobs, life_cycle, private, registration, reset, signing_keys
from kolonne.portal.identity.actions import traces as traces_actions
from kolonne.portal.identity.models import Market, User
from kolonne.portal.lib import sealing
from kolonne.portal.lib.actor import Actor

# A mail server may be away for days: tries after 9, 27 … seconds, the last one after nine days.
PATIENT = RetryStrategy(max_attempts=12, exponential_wait=3)


@app.task(name="identity.send_mail", pass_context=True, retry=PATIENT)
def send_mail(context: JobContext, mail: str, user_id: int, facts: dict[str, Any]) -> None:
    """One mail to one person; the job's number makes a second run recognisable."""
    user = User.objects.select_related("market").filter(pk=user_id).first()
    if user is not None:
        mails.send(mail, user, facts, number=f"job-{context.job.id}")


@app.task(name="identity.send_farewell", pass_context=True, retry=PATIENT)
def send_farewell(context: JobContext, mail: str, market: str, language: str, sealed: str) -> None:
    """The last mail to somebody whose address is erased already."""
    letter = json.loads(sealing.unseal(sealed))
    facts = {**mails.support_of(Market.objects.get(pk=market), language), **letter}
    mails.deliver(mail, letter["address"], language, facts, number=f"job-{context.job.id}")


@app.periodic(cron="23 * * * *")
@app.task(name="identity.advance_life_cycle", queueing_lock="identity.advance_life_cycle", pass_context=False)
def advance_life_cycle(timestamp: int) -> None:
    """Hourly. The time is that of the run, not `timestamp`: a job that waited must not count days that nobody had."""
    life_cycle.advance(now=timezone.now())


@app.periodic(cron="41 3 * * *")
@app.task(name="identity.sweep", queueing_lock="identity.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Daily: what has expired is deleted. `timestamp` is the minute, unused."""
    housekeeping.delete_expired(now=timezone.now())
    private.forget_unconfirmed(now=timezone.now())
    jobs.forget_failed()


@app.periodic(cron="*/5 * * * *")
@app.task(name="identity.take_up_jobs", queueing_lock="identity.take_up_jobs", pass_context=False)
def take_up_jobs(timestamp: int) -> None:
    """What a worker that was killed had begun. `timestamp` is the minute, unused."""
    jobs.take_up(now=timezone.now())


@app.task(name="identity.answer_reset", retry=5)
def answer_reset(sealed: str) -> None:
    """Whoever asked for a new password by mail learns nothing from the page; the mailbox does."""
    asked = json.loads(sealing.unseal(sealed))
    reset.answer(actor=Actor(label="self-service", address=asked["address"]), email=asked["email"])


@app.task(name="identity.ask_for_help", retry=5)
def ask_for_help(sealed: str) -> None:
    """Whoever cannot sign in and filled in the form; the page has answered already."""
    asked = json.loads(sealing.unseal(sealed))
    actor = Actor(label="self-service", address=asked["address"])
    help_requests.ask_for_help(actor=actor, data=help_requests.HelpData(**asked["data"]), language=asked["language"])


@app.task(name="identity.send_sealed", pass_context=True, retry=5)
def send_sealed(context: JobContext, mail: str, user_id: int, sealed: str) -> None:
    """A mail to an address that is not yet, or no longer, the account's."""
    letter = json.loads(sealing.unseal(sealed))
    user = User.objects.select_related("market").get(pk=user_id)
    facts = {**mails.about(mail, user), **letter["facts"]}
    mails.deliver(mail, letter["address"], user.language, facts, number=f"job-{context.job.id}")


@app.periodic(cron="52 3 * * *")
@app.task(name="identity.forget_help", queueing_lock="identity.forget_help", pass_context=False)
def forget_help(timestamp: int) -> None:
    """Daily: answered requests for help, and those about nobody. `timestamp` is the minute, unused."""
    help_requests.forget_old(now=timezone.now())


@app.periodic(cron="34 4 * * *")
@app.task(name="identity.tend_keys", queueing_lock="identity.tend_keys", pass_context=False)
def tend_keys(timestamp: int) -> None:
    """Daily: a new signing key every month, and old ones are removed. `timestamp` is the minute, unused."""
    signing_keys.tend_keys(actor=Actor.system("rotation of signing keys"))


@app.task(name="identity.answer_registration", retry=5)
def answer_registration(sealed: str) -> None:
    """Somebody wants to register a company; the page has answered already, the mailbox learns what is known."""
    asked = json.loads(sealing.unseal(sealed))
    registration.answer(newcomer=registration.Newcomer(**asked["newcomer"]))


@app.task(name="identity.send_registration", pass_context=True, retry=PATIENT)
def send_registration(context: JobContext, sealed: str) -> None:
    """The mail to somebody who has no account yet."""
    letter = json.loads(sealing.unseal(sealed))
    newcomer = registration.Newcomer(**letter["newcomer"])
    registration.deliver(newcomer=newcomer, token=letter["token"], number=f"job-{context.job.id}")


@app.task(name="identity.erase_traces", retry=PATIENT)
def erase_traces(sealed: str, receipt: int | None = None, rounds: int = 0) -> None:
    """What is left of somebody whose account is erased: names in the audit, labels, failed jobs, mails as files."""
    traces_actions.erase_traces(sealed=sealed, receipt=receipt, rounds=rounds)


@app.periodic(cron="17 4 * * *")
@app.task(name="identity.empty_folders", queueing_lock="identity.empty_folders", pass_context=False)
def empty_folders(timestamp: int) -> None:
    """Daily: mails and SMS that became files are no archive. `timestamp` is the minute, unused."""
    traces_actions.empty_folders(now=timezone.now())
