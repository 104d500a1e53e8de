from django.utils import timezone
from procrastinate.contrib.django import app

from kolonne.portal.companies.actions import remind_of_missing_partners
from kolonne.portal.lib.actor import Actor


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
