"""What the job does to a company that is being deleted: it ends the contracts on their day, then erases everything.

Each step is a transaction of its own that also writes the step into `Leaving.steps`; a worker that is killed at any
moment leaves whole steps, and the next run goes on behind them.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies import hooks
from kolonne.portal.companies.actions.leaving import silence
from kolonne.portal.companies.hooks import Departure
from kolonne.portal.companies.models import Company, Leaving, Tenant
from kolonne.portal.companies.queries.leaving import leaving_companies
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import company_scope

log = structlog.get_logger()
ACTOR = Actor.system("company deletion")
CONTRACTS_ENDED = "contracts ended"
CLOSED = "closed"
Do = Callable[[Company], bool]
"""A step's work; True when nothing of it is left to do."""


def advance(*, actor: Actor, now: datetime) -> int:
    """Takes all steps that are due, of all companies that are being deleted; how many were closed. Safe to run at any
    time, any number of times and at the same time. One company's trouble does not keep the others waiting."""
    if not actor.is_system:
        raise NotAllowed("companies.company:close")
    return sum(_advance_one(actor, pk, now) for pk in leaving_companies())


def _advance_one(actor: Actor, pk: int, now: datetime) -> bool:
    try:
        return close(actor=actor, pk=pk, now=now)
    except Exception:
        log.exception("company cannot be deleted", company=pk)
        return False


def close(*, actor: Actor, pk: int, now: datetime) -> bool:
    """The same for one company; whether it is closed now. Raises what went wrong; what was done before stays done."""
    if not _keep_silent(actor, pk, now):
        return False
    parts = hooks.departures()
    for part in parts:
        _step(actor, pk, now, f"end {part.name}", _end(actor, part))
    _step(actor, pk, now, CONTRACTS_ENDED, _note_end(actor, now))
    for part in parts:
        _step(actor, pk, now, f"erase {part.name}", _erase(actor, part))
    _step(actor, pk, now, CLOSED, lambda company: _close(actor, company, now))
    return True


@transaction.atomic
def _keep_silent(actor: Actor, pk: int, now: datetime) -> bool:
    """Whether the contracts' day has come; until then everything that was begun meanwhile is ended again."""
    with company_scope([pk]):
        leaving = _locked(pk)
        if leaving is None:
            return False
        if not leaving.steps:
            silence(actor, leaving.company)
        return leaving.ends_at <= now


def _step(actor: Actor, pk: int, now: datetime, name: str, do: Do) -> None:
    """Until the step is done. Nothing happens to a company whose order was withdrawn, or when the step was done."""
    while not _once(pk, now, name, do):
        pass
    log.info("step of a company's deletion done", company=pk, step=name, by=actor.label)


@transaction.atomic
def _once(pk: int, now: datetime, name: str, do: Do) -> bool:
    with company_scope([pk]):
        leaving = _locked(pk)
        if leaving is None or leaving.ends_at > now or name in leaving.steps:
            return True
        if not do(leaving.company):
            return False
        # Read again: the work may have written into the row.
        leaving.refresh_from_db(fields=["steps"])
        leaving.steps = [*leaving.steps, name]
        leaving.save(update_fields=["steps"])
    return True


def _locked(pk: int) -> Leaving | None:
    """The order as it is now, unless the company is closed: another worker waits here."""
    list(Tenant.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk"))
    orders = Leaving.objects.select_for_update(of=("self",)).select_related("company__company")
    return orders.filter(company_id=pk, erased_at=None).first()


def _end(actor: Actor, part: Departure) -> Do:
    def end(company: Company) -> bool:
        if part.when_contracts_end is not None:
            part.when_contracts_end(actor, company)
        return True

    return end


def _erase(actor: Actor, part: Departure) -> Do:
    def erase(company: Company) -> bool:
        return part.erase is None or part.erase(actor, company)

    return erase


def _note_end(actor: Actor, now: datetime) -> Do:
    def note(company: Company) -> bool:
        Leaving.objects.filter(company=company).update(contracts_ended_at=now)
        audit.record(actor, "companies.company.contracts_ended", on=company, company_id=company.pk)
        return True

    return note


def _close(actor: Actor, company: Company, now: datetime) -> bool:
    """What stays is the number of the company, when it was deleted, and how much was erased."""
    counts = Leaving.objects.values_list("counts", flat=True).get(company=company)
    Tenant.objects.filter(pk=company.pk).update(closed_at=now)
    Leaving.objects.filter(company=company).update(erased_at=now, ordered_by="")
    audit.record(actor, "companies.company.erased", on=company, company_id=None, **counts)
    return True
