from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import life_cycle, mails
from kolonne.portal.identity.actions.erasure import delete_user
from kolonne.portal.identity.actions.people import end_access
from kolonne.portal.identity.life_cycle import Stage
from kolonne.portal.identity.models import OPEN_STATES, LifeCycleStep, Market, State, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.dates import long_date
from kolonne.portal.lib.errors import Conflict

log = structlog.get_logger()
ACTOR = Actor.system("identity.life_cycle")
BATCH = 200
SEEN_AGAIN = timedelta(days=1)
"""How exactly "last sign-in" is known where people come often."""


def advance(*, now: datetime) -> Counter[str]:
    """Takes every step of the life cycle that is due, at most one for each person; says how many of each.

    Each person is a transaction of his own, in which step, mail and audit entry stand or fall together, and who is
    locked by another worker is left to it: it may be killed, run twice or run twice at a time.
    """
    counts: Counter[str] = Counter()
    for market in Market.objects.order_by("code"):
        for stage in life_cycle.STAGES:
            due = stage.due(market, now)
            for pk in _candidates(due):
                counts[_outcome(pk, stage, due, now)] += 1
    return counts


def _candidates(due: Q) -> Iterator[int]:
    """Ids of people, read batch by batch so that no list grows with the number of people."""
    last = 0
    while batch := list(User.objects.filter(due, pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield from batch
        last = batch[-1]


def _outcome(pk: int, stage: Stage, due: Q, now: datetime) -> str:
    try:
        return _take(pk, stage, due, now)
    except Exception:
        # One person's step must not keep everybody else from theirs; the next run tries again.
        log.exception("life cycle step failed", person=pk, step=stage.name)
        return "failed"


@transaction.atomic
def _take(pk: int, stage: Stage, due: Q, now: datetime) -> str:
    person = User.objects.select_related("market").filter(due, pk=pk).first()
    if person is None:
        return "skipped"
    if not life_cycle.may_take(person, stage, now):
        return "put off"
    # After the rules, which lock their company: everybody locks companies before people.
    if not User.objects.select_for_update(skip_locked=True).filter(due, pk=pk).exists():
        transaction.set_rollback(True)  # What a rule told is not true any more, or another worker tells it.
        return "skipped"
    _STEPS[stage.name](person, now)
    return stage.name


def _warn(user: User, now: datetime) -> None:
    _note(user, LifeCycleStep.WARNED, now)
    lock_on = life_cycle.earliest(life_cycle.LOCK, user.market, user, now)
    _tell(user, "life_cycle_warned", lock_on=lock_on, delete_on=_deletion_after_lock(user, now))
    audit.record(ACTOR, "identity.user.warned", on=user, company_id=None)


def _lock(user: User, now: datetime) -> None:
    _note(user, LifeCycleStep.LOCKED, now, state=State.LOCKED, state_since=now)
    end_access(user)
    notice_on = life_cycle.earliest(life_cycle.NOTICE, user.market, user, now)
    delete_on = life_cycle.earliest_deletion(user.market, user, now)
    _tell(user, "life_cycle_locked", notice_on=notice_on, delete_on=delete_on)
    audit.record(ACTOR, "identity.user.locked", on=user, company_id=None)


def _notice(user: User, now: datetime) -> None:
    _note(user, LifeCycleStep.NOTICED, now)
    delete_on = life_cycle.earliest(life_cycle.DELETE, user.market, user, now)
    _tell(user, "life_cycle_noticed", state=user.state, delete_on=delete_on)
    audit.record(ACTOR, "identity.user.deletion_announced", on=user, company_id=None)


def _delete(user: User, now: datetime) -> None:
    since = long_date(user.last_sign_in_at.date(), user.language)
    delete_user(actor=ACTOR, user=user, mail="life_cycle_deleted", since=since)


_STEPS = {"warn": _warn, "lock": _lock, "notice": _notice, "delete": _delete}


def _deletion_after_lock(user: User, now: datetime) -> date:
    gap = timedelta(days=life_cycle.LOCK.gap_days(user.market))
    return life_cycle.earliest_deletion(user.market, user, now + gap)


def _note(user: User, step: LifeCycleStep, now: datetime, **change: Any) -> None:
    before = {"life_cycle_step": user.life_cycle_step, "state": user.state}
    change |= {"life_cycle_step": step, "life_cycle_at": now}
    if User.objects.filter(pk=user.pk, **before).update(**change) != 1:
        raise Conflict("wrong_state", f"{user.username} changed meanwhile")
    user.refresh_from_db()


def _tell(user: User, mail: str, **facts: Any) -> None:
    words = {name: long_date(fact, user.language) if isinstance(fact, date) else fact for name, fact in facts.items()}
    since = long_date(user.last_sign_in_at.date(), user.language)
    mails.post(mail, user, since=since, helpers=life_cycle.who_revives(user), **words)


def _start_anew(people: QuerySet[User], user: User, now: datetime) -> bool:
    """Only for who gets in: nobody opens his own lock."""
    anew = {"last_sign_in_at": now, "life_cycle_step": LifeCycleStep.NONE, "life_cycle_at": None}
    return people.filter(pk=user.pk, state__in=OPEN_STATES).update(**anew) == 1


def seen(user: User) -> None:
    """The person uses some application, ours or another's, without a new sign-in here (ID-05). Writes once a day."""
    now = timezone.now()
    stale = Q(last_sign_in_at__lt=now - SEEN_AGAIN) | ~Q(life_cycle_step=LifeCycleStep.NONE)
    _start_anew(User.objects.filter(stale), user, now)


@transaction.atomic
def keep(*, user: User, address: str = "") -> User:
    """The click on the link in the warning (ID-14): as good as a sign-in, but it opens nothing. Raises Conflict."""
    if not _start_anew(User.objects.all(), user, timezone.now()):
        user.refresh_from_db()
        raise Conflict("wrong_state", f"{user.username} is {user.state}", state=user.state)
    actor = Actor(label=str(user), user_id=user.pk, address=address)
    audit.record(actor, "identity.user.kept", on=user, company_id=None)
    user.refresh_from_db()
    return user
