from procrastinate.contrib.django import app

from kolonne.portal.commands import actions
from kolonne.portal.lib.actor import Actor


@app.periodic(cron="* * * * *")
@app.task(name="commands.expire_overdue", queueing_lock="commands.expire_overdue", pass_context=False)
def expire_overdue(timestamp: int) -> None:
    """Every minute: ends the waiting that a dead signer left behind. `timestamp` is the minute, unused."""
    actions.expire_overdue(actor=Actor.system("commands.expire_overdue"))
