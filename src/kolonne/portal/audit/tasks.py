from procrastinate.contrib.django import app

from kolonne.portal.audit import actions


@app.periodic(cron="23 */6 * * *")
@app.task(name="audit.check_chains", queueing_lock="audit.check_chains", pass_context=False)
def check_chains(timestamp: int) -> None:
    """Daily for each chain; asked four times, so that a worker that was away does no harm. `timestamp` is unused."""
    actions.check_chains()
