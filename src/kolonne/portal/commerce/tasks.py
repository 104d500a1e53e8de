from django.utils import timezone
from procrastinate.contrib.django import app

from kolonne.portal.commerce.actions import clock, invoices
from kolonne.portal.commerce.actions.terms import tell_of_new_terms
from kolonne.portal.lib.actor import Actor


@app.periodic(cron="7,22,37,52 * * * *")
@app.task(name="commerce.advance_contracts", queueing_lock="commerce.advance_contracts", pass_context=False)
def advance_contracts(timestamp: int) -> None:
    """Every quarter of an hour, because companies' midnights are. `timestamp` is the minute, unused."""
    clock.advance(actor=Actor.system("contracts"), now=timezone.now())


@app.periodic(cron="26 6 * * *")
@app.task(name="commerce.tell_of_new_terms", queueing_lock="commerce.tell_of_new_terms", pass_context=False)
def tell_of_new_terms_now(timestamp: int) -> None:
    """Daily: new versions of terms that a company accepted. `timestamp` is the minute, unused."""
    tell_of_new_terms(actor=Actor.system("new-terms"), now=timezone.now())


@app.periodic(cron="17 */6 * * *")
@app.task(name="commerce.make_invoices", queueing_lock="commerce.make_invoices", pass_context=False)
def make_invoices_now(timestamp: int) -> None:
    """Four times a day, because months begin at companies' midnights and a worker may have been away; the action makes
    what is missing. `timestamp` is the minute, unused."""
    invoices.make_invoices(actor=Actor.system("invoices"), now=timezone.now())
