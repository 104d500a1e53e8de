from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kolonne.portal.companies.actions import (
    closing,
    deletion_requests,
    exports,
    invitations,
    merging_job,
    remind_of_missing_partners,
    verification,
)
from kolonne.portal.companies.actions.recovery import finish_recoveries
from kolonne.portal.lib import sealing
from kolonne.portal.lib.actor import Actor

# A mail server or a provider of SMS may be away for days: tries after 9, 27 … seconds, the last one after nine days.
PATIENT = RetryStrategy(max_attempts=12, exponential_wait=3)


@app.periodic(cron="41 */3 * * *")
@app.task(
    name="companies.remind_of_missing_partners",
    queueing_lock="companies.remind_of_missing_partners",
    pass_context=False,
)
def remind_of_missing_partners_now(timestamp: int) -> None:
    """Several times a day, so that a worker that was away does no harm; the action keeps the period. `timestamp` is
    the minute, unused."""
    remind_of_missing_partners(actor=Actor.system("partner-reminder"), now=timezone.now())


@app.task(name="companies.send_invitation", retry=PATIENT)
def send_invitation(sealed: str) -> None:
    """A mail or an SMS with a link; the mail server or the provider may be away for days."""
    invitations.deliver(token=sealing.unseal(sealed))


@app.periodic(cron="38 5 * * *")
@app.task(name="companies.escalate_deletions", queueing_lock="companies.escalate_deletions", pass_context=False)
def escalate_deletions(timestamp: int) -> None:
    """Daily: people who asked to be deleted, and whose administrators did not act. `timestamp` is unused."""
    deletion_requests.escalate(actor=Actor.system("requests-for-deletion"), now=timezone.now())


@app.periodic(cron="47 3 * * *")
@app.task(name="companies.forget_invitations", queueing_lock="companies.forget_invitations", pass_context=False)
def forget_invitations(timestamp: int) -> None:
    """Daily. `timestamp` is the minute, unused."""
    invitations.forget_old(now=timezone.now())


@app.periodic(cron="23 * * * *")
@app.task(name="companies.finish_recoveries", queueing_lock="companies.finish_recoveries", pass_context=False)
def finish_recoveries_now(timestamp: int) -> None:
    """Hourly; the action looks at the clock itself. `timestamp` is the minute, unused."""
    finish_recoveries(actor=Actor.system("recovery"), now=timezone.now())


@app.periodic(cron="53 3 * * *")
@app.task(name="companies.end_lapsed_checks", queueing_lock="companies.end_lapsed_checks", pass_context=False)
def end_lapsed_checks(timestamp: int) -> None:
    """Daily: checks from afar that hold no longer. `timestamp` is the minute, unused."""
    verification.end_lapsed(actor=Actor.system("checks-from-afar"), now=timezone.now())


@app.task(name="companies.make_export", pass_context=False)
def make_export(company_id: int, export_id: int) -> None:
    """The zip with all of a company's data."""
    exports.make_export(actor=Actor.system("export"), company_id=company_id, export_id=export_id)


@app.periodic(cron="*/15 * * * *")
@app.task(name="companies.advance_deletions", queueing_lock="companies.advance_deletions", pass_context=False)
def advance_deletions(timestamp: int) -> None:
    """Every quarter of an hour, because companies' midnights are. `timestamp` is the minute, unused."""
    closing.advance(actor=closing.ACTOR, now=timezone.now())


@app.task(name="companies.carry_out_merge", pass_context=False)
def carry_out_merge(gone: int, stays: int) -> None:
    """At once when a merge was confirmed; whatever stops it, the next run of `advance_merges` goes on."""
    merging_job.carry_out(actor=merging_job.ACTOR, gone=gone, stays=stays)


@app.periodic(cron="*/5 * * * *")
@app.task(name="companies.advance_merges", queueing_lock="companies.advance_merges", pass_context=False)
def advance_merges(timestamp: int) -> None:
    """Every five minutes: merges that were interrupted. `timestamp` is unused."""
    merging_job.advance(actor=merging_job.ACTOR)


@app.periodic(cron="13 * * * *")
@app.task(name="companies.forget_exports", queueing_lock="companies.forget_exports", pass_context=False)
def forget_exports(timestamp: int) -> None:
    """Hourly. `timestamp` is the minute, unused."""
    exports.forget_old(now=timezone.now())
