from django.utils import timezone
from procrastinate.contrib.django import app

from kolonne.portal.commerce.actions import clock
from kolonne.portal.lib.actor import Actor


@app.periodic(cron="7,22,37,52 * * * *")
@app.task(name="commerce.advance_contracts", queueing_lock="commerce.advance_contracts", pass_context=False)
def advance_contracts(timestamp: int) -> None:
    """Every quarter of an hour, because companies' midnights are. `timestamp` is the minute, unused."""
    clock.advance(actor=Actor.system("contracts"), now=timezone.now())
