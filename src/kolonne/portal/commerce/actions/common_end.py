"""One end for all services of a contract or a company (PR-06): never earlier than each one's notice allows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from kolonne.portal.commerce.actions.lines import after, goes_on, is_trial, locked_lines, require_own_will
from kolonne.portal.commerce.models import Assignment, ContractState
from kolonne.portal.commerce.periods import end_of_months, last_day, midnight_after
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope

MOST_YEARS = 50
"""From now on: nobody means a later day."""


@dataclass(frozen=True)
class Refused:
    """A service that cannot end on the day."""

    line: Assignment
    reason: str
    """`too_early`, or `ends_with_trial` when it is over before."""
    day: date
    """The earliest that is possible, or the one on which it ends anyway."""


@dataclass(frozen=True)
class Plan:
    """What a common end does."""

    day: date
    end: datetime
    agreed: list[Assignment]
    refused: list[Refused]


def plan_common_end(lines: Iterable[Assignment], day: date, time_zone: str, now: datetime) -> Plan:
    """The last day of all that can end then. Changes nothing. Raises Invalid `past_day`, `far_day`."""
    if day.year > now.year + MOST_YEARS:
        raise Invalid("far_day", f"{day} is too far away", {"day": f"within {MOST_YEARS} years"})
    end = midnight_after(day, time_zone)
    if end <= now:
        raise Invalid("past_day", f"{day} is over", {"day": "today or later"})
    plan = Plan(day, end, [], [])
    for line in lines:
        why_not = _why_not(line, end, time_zone, now)
        if why_not is None:
            plan.agreed.append(line)
        else:
            plan.refused.append(why_not)
    return plan


def _why_not(line: Assignment, end: datetime, time_zone: str, now: datetime) -> Refused | None:
    if is_trial(line) and line.trial_until is not None:
        if end <= line.trial_until:
            return None
        if not goes_on(line):
            return Refused(line, "ends_with_trial", last_day(line.ends_at or line.trial_until, time_zone))
    # Counted anew: whoever gave notice for a day far away gave none for a nearer one.
    earliest = end_of_months(now, line.notice_months, time_zone)
    if line.ends_at is not None:
        earliest = min(earliest, line.ends_at)
    return Refused(line, "too_early", last_day(earliest, time_zone)) if end < earliest else None


@transaction.atomic
def set_common_end(
    *, actor: Actor, company: Company, lines: Collection[int], day: date, now: datetime | None = None
) -> Plan:
    """Gives notice to all these services for one day; which of them cannot end then, and why, is in the answer.

    Raises NotAllowed, NotFound; Invalid `past_day`, `far_day`; Conflict `no_common_end` when none of them can end then,
    and `pay_by_helper` to whoever acts for somebody else: a later end is paid for.
    """
    require_own_will(actor, company)
    now = now or timezone.now()
    with company_scope([company.pk]):
        plan = plan_common_end(locked_lines(company, lines, now), day, company.time_zone, now)
        if not plan.agreed:
            raise Conflict("no_common_end", f"no service can end on {day}")
        rows = Assignment.objects.filter(pk__in=[line.pk for line in plan.agreed])
        first = Case(When(notice_at=None, then=Value(now)), default="notice_at")
        rows.update(notice_at=first, ends_at=plan.end)
        rows.filter(state=ContractState.ACTIVE).update(state=ContractState.NOTICE)
        after(actor, "commerce.lines.ended_together", plan.agreed, day=day.isoformat())
    return plan
