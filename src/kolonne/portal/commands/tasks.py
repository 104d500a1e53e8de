from procrastinate.contrib.django import app

from kolonne.portal.commands import actions, wiping
from kolonne.portal.lib.actor import Actor


@app.periodic(cron="* * * * *")
@app.task(name="commands.expire_overdue", queueing_lock="commands.expire_overdue", pass_context=False)
def expire_overdue(timestamp: int) -> None:
    """Every minute: ends the waiting that a dead signer left behind. `timestamp` is the minute, unused."""
    actions.expire_overdue(actor=Actor.system("commands.expire_overdue"))


@app.periodic(cron="*/2 * * * *")
@app.task(name="commands.cut_off_wiped", queueing_lock="commands.cut_off_wiped", pass_context=False)
def cut_off_wiped(timestamp: int) -> None:
    """Every other minute: modules of removed vans that are wiped are let in no more. `timestamp` is unused."""
    wiping.cut_off_wiped(actor=Actor.system("commands.cut_off_wiped"))
