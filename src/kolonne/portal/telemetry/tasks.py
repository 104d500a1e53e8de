from procrastinate.contrib.django import app

from kolonne.portal.lib.actor import Actor
from kolonne.portal.telemetry import actions, borders


@app.periodic(cron="17 * * * *")
@app.task(name="telemetry.maintain_partitions", queueing_lock="telemetry.maintain_partitions", pass_context=False)
def maintain_partitions(timestamp: int) -> None:
    """Hourly, so that a worker that was away at midnight does no harm. `timestamp` is the minute, unused."""
    actions.maintain_partitions()
    actions.forget_old()
    actions.forget_old_traffic()


@app.periodic(cron="* * * * *")
@app.task(name="telemetry.follow_borders", queueing_lock="telemetry.follow_borders", pass_context=False)
def follow_borders(timestamp: int) -> None:
    """Every minute: modules abroad send what their provider lets through. `timestamp` is the minute, unused."""
    borders.follow_borders(actor=Actor.system("telemetry.follow_borders"))
