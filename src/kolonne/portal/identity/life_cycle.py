"""What happens to people who never come (ID-05): the steps, who is due for one, and what higher contexts add.

People who get in are warned, then locked. People who stay outside - locked, blocked, or invited and never come - are
told that they will be deleted, then deleted. Nothing is skipped: a step needs its days since the last sign-in *and*
the days between it and the step before, counted from when that was really taken. After a standstill of the server
everybody therefore still gets every mail and all the time that it promises.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from kolonne.portal.identity.models import OPEN_STATES, LifeCycleStep, Market, State, User

OUTSIDE = (State.LOCKED, State.BLOCKED, State.INVITED)
KEEP_LINK_LIFE = EXPORT_LINK_LIFE = timedelta(days=366)
"""Links in these mails die with the next step or sign-in; this ends what both forget."""


@dataclass(frozen=True)
class Stage:
    """A step of the life cycle for people in some states."""

    name: str
    states: tuple[State, ...]
    is_second: bool
    """Whether the other step for these states must have been taken before: WARN before LOCK, NOTICE before DELETE."""
    follows: LifeCycleStep

    def days(self, market: Market) -> int:
        """Of inactivity, after which the step is due."""
        return int(getattr(market, f"{self.name}_days"))

    def gap_days(self, market: Market) -> int:
        """That lie between this step, or a change of state, and the step before."""
        before = {"warn": self.days(market), "lock": market.warn_days, "notice": market.lock_days}
        return self.days(market) - before.get(self.name, market.notice_days)

    def due(self, market: Market, now: datetime) -> Q:
        """The people for whom it is time."""
        since = now - timedelta(days=self.gap_days(market))
        before = Q(life_cycle_step=self.follows) if self.is_second else ~Q(life_cycle_step=self.follows)
        return (
            before
            & Q(market=market, state__in=self.states, state_since__lte=since)
            & Q(last_sign_in_at__lte=now - timedelta(days=self.days(market)))
            & (Q(life_cycle_at=None) | Q(life_cycle_at__lte=since))
        )


WARN = Stage("warn", OPEN_STATES, is_second=False, follows=LifeCycleStep.WARNED)
LOCK = Stage("lock", OPEN_STATES, is_second=True, follows=LifeCycleStep.WARNED)
NOTICE = Stage("notice", OUTSIDE, is_second=False, follows=LifeCycleStep.NOTICED)
DELETE = Stage("delete", OUTSIDE, is_second=True, follows=LifeCycleStep.NOTICED)
STAGES = (WARN, LOCK, NOTICE, DELETE)


def earliest(stage: Stage, market: Market, user: User, now: datetime) -> date:
    """The day before which the stage cannot come, when the one before it is taken now."""
    by_gap = now + timedelta(days=stage.gap_days(market))
    by_sign_in = user.last_sign_in_at + timedelta(days=stage.days(market))
    return max(by_gap, by_sign_in).date()


def earliest_deletion(market: Market, user: User, now: datetime) -> date:
    """The day before which nobody is deleted whose access ends or has ended now."""
    gaps = NOTICE.gap_days(market) + DELETE.gap_days(market)
    return max(now + timedelta(days=gaps), user.last_sign_in_at + timedelta(days=market.delete_days)).date()


Rule = Callable[[User, Stage, datetime], bool]
Names = Callable[[User], Iterable[str]]
_rules: list[Rule] = []
_helpers: list[Names] = []


def before_step(rule: Rule) -> None:
    """Adds a rule that is asked before each step, in its transaction; False puts the step off. It may tell others."""
    _rules.append(rule)


def may_take(user: User, stage: Stage, now: datetime) -> bool:
    """Asks every rule, so that each can tell whom it must."""
    answers = [rule(user, stage, now) for rule in _rules]
    return all(answers)


def revived_by(names: Names) -> None:
    """Adds who can revive a person, besides the administrators of the market: their names."""
    _helpers.append(names)


def who_revives(user: User) -> list[str]:
    return [name for names in _helpers for name in names(user)]
