"""What a company decides about its services: to cancel them, to stay, to pay after the trial, one end for all (PR-04,
PR-06). Rules and words are the same for one line and for thousands."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, QuerySet, When
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce import packages
from kolonne.portal.commerce.actions.assignments import WRITE, end_lines
from kolonne.portal.commerce.actions.contracts import settle
from kolonne.portal.commerce.models import Assignment, Contract, ContractState
from kolonne.portal.commerce.periods import end_of_months
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, NotFound
from kolonne.portal.lib.scope import company_scope


@transaction.atomic
def cancel_lines(
    *, actor: Actor, company: Company, lines: Collection[int], at_once: bool = False, now: datetime | None = None
) -> int:
    """Gives notice: paid services run on until the end of their notice, trials until theirs. `at_once` ends trials,
    and only those, right now. What has its end already stays as it is. How many were cancelled.

    Raises NotAllowed, NotFound; Conflict `not_a_trial` and, when nothing was left to cancel, `nothing_to_cancel`.
    """
    require(actor, WRITE, company.pk)
    now = now or timezone.now()
    with company_scope([company.pk]):
        chosen = locked_lines(company, lines, now)
        if at_once:
            found = _end_trials(actor, chosen, now)
        else:
            found = list(_to_cancel(chosen))
            _give_notice(found, company.time_zone, now)
        if not found:
            raise Conflict("nothing_to_cancel", "all these services have their end already")
        after(actor, "commerce.lines.cancelled", found, at_once=at_once)
    return len(found)


def _to_cancel(chosen: Iterable[Assignment]) -> Iterable[Assignment]:
    for line in chosen:
        is_going = line.state == ContractState.TRIAL and goes_on(line)
        if line.state == ContractState.ACTIVE or is_going:
            yield line


def _end_trials(actor: Actor, chosen: Collection[Assignment], now: datetime) -> list[Assignment]:
    if any(line.state != ContractState.TRIAL for line in chosen):
        raise Conflict("not_a_trial", "only trials end at once")
    end_lines(actor, chosen, now)
    part_packages(actor, chosen, now)
    return list(chosen)


def part_packages(actor: Actor, ended: Iterable[Assignment], now: datetime) -> list[Assignment]:
    """Of packages of which something has ended, the rest goes on in new lines at its single price, from now on.

    Needs a transaction and the company's scope. Vans are told nothing: what they report stays the same.
    """
    parted = [_by_itself(line, now) for line, _end in packages.rest((line, now) for line in ended)]
    after(actor, "commerce.package.parted", parted)
    return parted


def _by_itself(line: Assignment, now: datetime) -> Assignment:
    Assignment.objects.filter(pk=line.pk).update(ended_at=now, state=ContractState.ENDED)
    new = copy(line)
    new.pk, new.since, new.package, new.price, new.single_price = None, now, "", packages.single_price(line), None
    new.save(force_insert=True)
    return new


def _give_notice(found: Collection[Assignment], time_zone: str, now: datetime) -> None:
    trials = [line.pk for line in found if line.state == ContractState.TRIAL]
    Assignment.objects.filter(pk__in=trials).update(notice_at=now, ends_at=F("trial_until"))
    by_months: dict[int, list[int]] = defaultdict(list)
    for line in found:
        if line.state == ContractState.ACTIVE:
            by_months[line.notice_months].append(line.pk)
    for months, pks in by_months.items():
        end = end_of_months(now, months, time_zone)
        Assignment.objects.filter(pk__in=pks).update(state=ContractState.NOTICE, notice_at=now, ends_at=end)


@transaction.atomic
def take_back_notice(*, actor: Actor, company: Company, lines: Collection[int], now: datetime | None = None) -> int:
    """As if no notice had been given, while the services still run. How many go on.

    Raises NotAllowed, NotFound; Conflict `no_notice`, and `pay_by_helper` to whoever acts for somebody else.
    """
    require_own_will(actor, company)
    now = now or timezone.now()
    with company_scope([company.pk]):
        found = [line for line in locked_lines(company, lines, now) if has_notice(line)]
        if not found:
            raise Conflict("no_notice", "none of these services was cancelled, or they ended already")
        rows = Assignment.objects.filter(pk__in=[line.pk for line in found])
        trials = rows.filter(state=ContractState.TRIAL)
        trials.update(notice_at=None, ends_at=Case(When(converts=True, then=None), default=F("trial_until")))
        rows.filter(state=ContractState.NOTICE).update(state=ContractState.ACTIVE, notice_at=None, ends_at=None)
        after(actor, "commerce.lines.kept", found)
    return len(found)


@transaction.atomic
def choose_after_trial(
    *, actor: Actor, company: Company, lines: Collection[int], converts: bool, now: datetime | None = None
) -> int:
    """Whether trials are paid for afterwards or just end (PR-04). Can be changed until they end. How many changed.

    Raises NotAllowed, NotFound; Conflict `no_trial`, and `pay_by_helper` to whoever acts for somebody else.
    """
    if converts:
        require_own_will(actor, company)
    require(actor, WRITE, company.pk)
    now = now or timezone.now()
    with company_scope([company.pk]):
        trials = [line for line in locked_lines(company, lines, now) if is_trial(line)]
        if not trials:
            raise Conflict("no_trial", "none of these services is on trial any more")
        rows = Assignment.objects.filter(pk__in=[line.pk for line in trials])
        rows.update(converts=converts, notice_at=None, ends_at=None if converts else F("trial_until"))
        after(actor, "commerce.lines.chosen", trials, converts=converts)
    return len(trials)


def goes_on(line: Assignment) -> bool:
    """Whether a trial is paid for afterwards, be it for a while."""
    return line.ends_at is None or (line.trial_until is not None and line.ends_at > line.trial_until)


def is_trial(line: Assignment) -> bool:
    return line.state == ContractState.TRIAL


def has_notice(line: Assignment) -> bool:
    return line.ended_at is None and line.notice_at is not None


def as_they_are(lines: Iterable[Assignment], now: datetime) -> list[Assignment]:
    """Those that still run, with their states of now, whether the job has come or not: nobody gains or loses anything
    by its being late. Changes no row."""
    still = [line for line in lines if not _is_over(line, now)]
    for line in still:
        if is_trial(line) and line.trial_until is not None and line.trial_until <= now:
            line.state = ContractState.ACTIVE if line.ends_at is None else ContractState.NOTICE
    return still


def _is_over(line: Assignment, now: datetime) -> bool:
    """The job has not come yet, but the end has."""
    end = line.ends_at or (line.trial_until if is_trial(line) and not line.converts else None)
    return end is not None and end <= now


def require_own_will(actor: Actor, company: Company) -> None:
    """Raises NotAllowed; Conflict to helpers: nobody decides to pay in another's name (SU-03)."""
    require(actor, WRITE, company.pk)
    if actor.acting_for is not None:
        raise Conflict("pay_by_helper", "nobody decides to pay in another's name")


def locked_lines(company: Company, pks: Collection[int], now: datetime) -> list[Assignment]:
    """Running lines of the company, nobody else changes them; some of them may have ended meanwhile.

    Raises NotFound for lines that are not the company's.
    """
    # The company first, as everywhere: two acts that meet wait for each other instead of for ever.
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    mine = Assignment.objects.filter(company_id=company.pk, pk__in=set(pks))
    if mine.count() != len(set(pks)):
        raise NotFound("service")
    running: QuerySet[Assignment] = mine.filter(ended_at=None).select_related("vehicle").order_by("vehicle_id", "pk")
    return as_they_are(running.select_for_update(of=("self",)), now)


def after(actor: Actor, verb: str, lines: Collection[Assignment], **facts: Any) -> None:
    """One entry for each contract, whose state follows."""
    by_contract: dict[int, list[Assignment]] = defaultdict(list)
    for line in lines:
        by_contract[line.contract_id].append(line)
    for contract in Contract.objects.filter(pk__in=by_contract).order_by("pk"):
        services = len(by_contract[contract.pk])
        audit.record(actor, verb, on=contract, company_id=contract.company_id, services=services, **facts)
    settle(actor, by_contract)
