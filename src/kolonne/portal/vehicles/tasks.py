from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kolonne.portal.lib.actor import Actor
from kolonne.portal.vehicles.actions import importing, imports
from kolonne.portal.vehicles.actions.claim_deadlines import keep_deadlines

AGAIN = RetryStrategy(max_attempts=5, exponential_wait=3)


@app.task(name="vehicles.work_off_import", retry=AGAIN, pass_context=False)
def work_off_import(company_id: int, import_id: int) -> None:
    """A file with vans, at once when somebody began it."""
    importing.work_off(actor=Actor.system("import of vans"), company_id=company_id, import_id=import_id)


@app.periodic(cron="*/3 * * * *")
@app.task(name="vehicles.advance_imports", queueing_lock="vehicles.advance_imports", pass_context=False)
def advance_imports(timestamp: int) -> None:
    """Every three minutes: imports whose worker was killed. `timestamp` is the minute, unused."""
    importing.advance(actor=Actor.system("import of vans"), now=timezone.now())


@app.periodic(cron="31 3 * * *")
@app.task(name="vehicles.forget_imports", queueing_lock="vehicles.forget_imports", pass_context=False)
def forget_imports(timestamp: int) -> None:
    """Daily. `timestamp` is the minute, unused."""
    imports.forget_old(now=timezone.now())


@app.periodic(cron="29 * * * *")
@app.task(name="vehicles.keep_claim_deadlines", queueing_lock="vehicles.keep_claim_deadlines", pass_context=False)
def keep_claim_deadlines(timestamp: int) -> None:
    """Hourly; the action looks at the clock itself. `timestamp` is the minute, unused."""
    keep_deadlines(actor=Actor.system("vehicles.keep_claim_deadlines"), now=timezone.now())
