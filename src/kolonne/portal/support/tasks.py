from django.utils import timezone
from procrastinate.contrib.django import app

from kolonne.portal.support import actions


@app.periodic(cron="* * * * *")
@app.task(name="support.end_over", queueing_lock="support.end_over", pass_context=False)
def end_over(timestamp: int) -> None:
    """Every minute: sessions whose time is over, or whose helper is gone. `timestamp` is the minute, unused."""
    actions.end_over(now=timezone.now())


@app.periodic(cron="17 * * * *")
@app.task(name="support.report_tries", queueing_lock="support.report_tries", pass_context=False)
def report_tries(timestamp: int) -> None:
    """Hourly: wrong tries of a day that is over. `timestamp` is the minute, unused."""
    actions.report_tries(now=timezone.now())
