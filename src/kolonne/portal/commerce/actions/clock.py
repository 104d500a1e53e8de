"""What time does to contracts: trials are announced and end, notices run out (PR-04).

The job may come late, twice, or be killed: every step is a transaction that first asks what is due, and what it did is
due no more. A service that should have ended days ago ended then, not when the job came.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce import letters
from kolonne.portal.commerce.actions.assignments import end_lines
from kolonne.portal.commerce.actions.contracts import settle
from kolonne.portal.commerce.actions.lines import goes_on, part_packages
from kolonne.portal.commerce.models import Assignment, Contract, ContractState
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import all_companies, company_scope

log = structlog.get_logger()
BATCH = 500
"""Lines that one transaction moves."""


def advance(*, actor: Actor, now: datetime) -> int:
    """Everything that is due for all companies; how many lines moved. Safe to run at any time, any number of times and
    at the same time. One company's trouble does not keep the others waiting."""
    if not actor.is_system:
        raise NotAllowed("commerce.product:write")
    return sum(_advance_safely(actor, pk, now) for pk in all_companies())


def _advance_safely(actor: Actor, company_id: int, now: datetime) -> int:
    try:
        return advance_company(actor=actor, company_id=company_id, now=now)
    except Exception:
        log.exception("contracts of a company stand still", company=company_id)
        return 0


def advance_company(*, actor: Actor, company_id: int, now: datetime) -> int:
    """The same for one company. Raises what went wrong; what was done before stays done."""
    with company_scope([company_id]):
        if not _due(company_id, now).exists() and not _to_announce(company_id, now).exists():
            return _end_empty(actor, company_id)
    moved = 0
    while count := _move_batch(actor, company_id, now):
        moved += count
    _announce(actor, company_id, now)
    return moved


def _due(company_id: int, now: datetime) -> "QuerySet[Assignment]":
    is_due = Q(state=ContractState.TRIAL, trial_until__lte=now) | Q(ends_at__lte=now)
    return Assignment.objects.filter(is_due, company_id=company_id, ended_at=None)


def _to_announce(company_id: int, now: datetime) -> "QuerySet[Assignment]":
    soon = now + settings.TRIAL_ANNOUNCEMENT
    trials = Assignment.objects.filter(company_id=company_id, ended_at=None, state=ContractState.TRIAL)
    return trials.filter(announced_at=None, trial_until__gt=now, trial_until__lte=soon)


@transaction.atomic
def _move_batch(actor: Actor, company_id: int, now: datetime) -> int:
    """Some of what is due: trials go on as paid services or end, and so does what was cancelled."""
    with company_scope([company_id]):
        company = Company.objects.select_for_update(no_key=True).get(pk=company_id)
        found = _due(company_id, now).select_related("vehicle", "contract").order_by("vehicle_id", "pk")
        due = list(found.select_for_update(of=("self",))[:BATCH])
        if not due:
            return 0
        paid = [line for line in due if goes_on(line) and not _is_past(line.ends_at, now)]
        over = [line for line in due if line not in paid]
        _begin_payment(paid)
        end_lines(actor, over)
        singly = part_packages(actor, over, now)
        settle(actor, {line.contract_id for line in paid})
        ended = _contracts_ended(over)
        _note(actor, "commerce.lines.paid", paid)
        _note(actor, "commerce.lines.ended", over)
        letters.tell_of_ends(company, paid, over, ended, singly)
    return len(due)


def _is_past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _begin_payment(paid: Iterable[Assignment]) -> None:
    """Those whose end is set already go on until then."""
    rows = Assignment.objects.filter(pk__in=[line.pk for line in paid])
    rows.filter(ends_at=None).update(state=ContractState.ACTIVE)
    rows.exclude(ends_at=None).update(state=ContractState.NOTICE)


def _contracts_ended(over: Iterable[Assignment]) -> list[str]:
    of_these = Contract.objects.filter(pk__in={line.contract_id for line in over})
    return list(of_these.filter(state=ContractState.ENDED).order_by("pk").values_list("number", flat=True))


def _note(actor: Actor, verb: str, lines: Iterable[Assignment]) -> None:
    """One entry for each contract."""
    by_contract: dict[Contract, int] = defaultdict(int)
    for line in lines:
        by_contract[line.contract] += 1
    for contract, services in by_contract.items():
        audit.record(actor, verb, on=contract, company_id=contract.company_id, services=services)


@transaction.atomic
def _announce(actor: Actor, company_id: int, now: datetime) -> None:
    """Tells the administrators once of each day on which trials end; what is sold by the month ends on few days."""
    with company_scope([company_id]):
        company = Company.objects.select_for_update(no_key=True).get(pk=company_id)
        soon = list(_to_announce(company_id, now).select_related("contract").order_by("trial_until", "pk"))
        Assignment.objects.filter(pk__in=[line.pk for line in soon]).update(announced_at=now)
        by_day: dict[datetime, list[Assignment]] = defaultdict(list)
        for line in soon:
            if line.trial_until is not None:
                by_day[line.trial_until].append(line)
        for end, lines in by_day.items():
            letters.announce(company, end, lines)
        _note(actor, "commerce.trials.announced", soon)


@transaction.atomic
def _end_empty(actor: Actor, company_id: int) -> int:
    """Contracts that ran on only because their company was being deleted, which it is no more."""
    with company_scope([company_id]):
        running = Contract.objects.filter(company_id=company_id).exclude(state=ContractState.ENDED)
        empty = running.exclude(Exists(Assignment.objects.filter(contract=OuterRef("pk"), ended_at=None)))
        settle(actor, empty.values_list("pk", flat=True))
    return 0
