from procrastinate.contrib.django import app

from kolonne.portal.telemetry import actions


@app.periodic(cron="17 * * * *")
@app.task(name="telemetry.maintain_partitions", queueing_lock="telemetry.maintain_partitions", pass_context=False)
def maintain_partitions(timestamp: int) -> None:
    """Hourly, so that a worker that was away at midnight does no harm. `timestamp` is the minute, unused."""
    actions.maintain_partitions()
    actions.forget_old()
    actions.forget_old_traffic()
