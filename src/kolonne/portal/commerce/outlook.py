"""What a decision about services brings about, said before it is made: by day, with the vans concerned."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy, ngettext

from kolonne.portal.commerce import cockpit, money, packages
from kolonne.portal.commerce.actions.common_end import plan_common_end
from kolonne.portal.commerce.actions.lines import as_they_are, goes_on, has_notice, is_trial
from kolonne.portal.commerce.models import Assignment, ContractState
from kolonne.portal.commerce.periods import day_of, end_of_months, last_day, midnight_after

CANCEL, CANCEL_NOW, KEEP, PAY, STOP, END = "cancel", "cancel_now", "keep", "pay", "stop", "end"
ACTS = {
    CANCEL: gettext_lazy("Give notice"),
    CANCEL_NOW: gettext_lazy("End trials at once"),
    KEEP: gettext_lazy("Take the notice back"),
    PAY: gettext_lazy("Go on after the trial, paid"),
    STOP: gettext_lazy("End with the trial"),
    END: gettext_lazy("Set one end for all"),
}


@dataclass(frozen=True)
class Group:
    """Services to which the same happens."""

    text: str
    lines: list[Assignment]
    is_left_out: bool = False
    is_dearer: bool = False
    """Not chosen, but it costs something else because of what was."""


@dataclass
class Outlook:
    groups: list[Group] = field(default_factory=list)

    @property
    def lines(self) -> list[Assignment]:
        """What changes."""
        return [line for group in self.groups if not (group.is_left_out or group.is_dearer) for line in group.lines]

    @property
    def chosen(self) -> list[int]:
        """Ids of it."""
        return [line.pk for line in self.lines]


def of(act: str, lines: Sequence[Assignment], time_zone: str, now: datetime, day: date | None = None) -> Outlook:
    """Changes nothing. Raises Invalid `past_day`, `far_day`."""
    lines = as_they_are(lines, now)
    found = _of_act(act, lines, time_zone, now, day)
    if act in {CANCEL, CANCEL_NOW, STOP, END}:
        ends = [(line, _end(act, line, time_zone, now, day)) for line in found.lines]
        found.groups += _singly(ends, time_zone)
    return found


def _of_act(act: str, lines: Sequence[Assignment], time_zone: str, now: datetime, day: date | None) -> Outlook:
    if act == END:
        return _common_end(lines, time_zone, now, day) if day else Outlook()
    makers: dict[str, Callable[[Sequence[Assignment], str, datetime], Outlook]] = {
        CANCEL: _cancel, CANCEL_NOW: _cancel_now, KEEP: _keep, PAY: _pay, STOP: _stop,
    }  # fmt: skip
    return makers[act](lines, time_zone, now)


def _cancel(lines: Sequence[Assignment], zone: str, now: datetime) -> Outlook:
    paid = [line for line in lines if line.state == ContractState.ACTIVE]
    trials = [line for line in lines if is_trial(line) and goes_on(line)]
    found = Outlook()
    for end, some in _by(paid, lambda line: last_day(end_of_months(now, line.notice_months, zone), zone)):
        text = ngettext(
            "%(n)s service runs on and is paid for until %(day)s, then it ends.",
            "%(n)s services run on and are paid for until %(day)s, then they end.", len(some),
        )  # fmt: skip
        found.groups.append(Group(text % {"n": len(some), "day": _day(end)}, some))
    found.groups += _ending_trials(trials, zone)
    return _with_others(found, lines)


def _ending_trials(trials: Sequence[Assignment], zone: str) -> list[Group]:
    groups = []
    for end, some in _by(trials, lambda line: _trial_end(line, zone)):
        text = ngettext(
            "%(n)s trial lasts until %(day)s and then just ends: nothing is paid.",
            "%(n)s trials last until %(day)s and then just end: nothing is paid.", len(some),
        )  # fmt: skip
        groups.append(Group(text % {"n": len(some), "day": _day(end)}, some))
    return groups


def _cancel_now(lines: Sequence[Assignment], _zone: str, _now: datetime) -> Outlook:
    trials = [line for line in lines if is_trial(line)]
    text = ngettext(
        "%(n)s trial ends right now. Its data are collected no more, and it cannot be tried again on this van.",
        "%(n)s trials end right now. Their data are collected no more, and they cannot be tried again on these vans.",
        len(trials),
    )
    found = Outlook([Group(text % {"n": len(trials)}, trials)] if trials else [])
    return _with_others(found, lines)


def _keep(lines: Sequence[Assignment], zone: str, _now: datetime) -> Outlook:
    noticed = [line for line in lines if has_notice(line)]
    paid = [line for line in noticed if not is_trial(line) or line.converts]
    found = Outlook(_ending_trials([line for line in noticed if line not in paid], zone))
    if paid:
        text = ngettext(
            "%(n)s service goes on without an end, for %(price)s per month without VAT.",
            "%(n)s services go on without an end, for %(price)s per month without VAT.", len(paid),
        )  # fmt: skip
        found.groups.insert(0, Group(text % {"n": len(paid), "price": _price(paid)}, paid))
    return _with_others(found, lines)


def _pay(lines: Sequence[Assignment], zone: str, _now: datetime) -> Outlook:
    found = Outlook()
    for end, some in _by([line for line in lines if is_trial(line)], lambda line: _trial_end(line, zone)):
        text = ngettext(
            "%(n)s service goes on after %(day)s, when its trial is over, for %(price)s per month without VAT.",
            "%(n)s services go on after %(day)s, when their trial is over, for %(price)s per month without VAT.",
            len(some),
        )
        found.groups.append(Group(text % {"n": len(some), "day": _day(end), "price": _price(some)}, some))
    return _with_others(found, lines)


def _stop(lines: Sequence[Assignment], zone: str, _now: datetime) -> Outlook:
    found = Outlook(_ending_trials([line for line in lines if is_trial(line)], zone))
    return _with_others(found, lines)


def _common_end(lines: Sequence[Assignment], zone: str, now: datetime, day: date) -> Outlook:
    plan, found = plan_common_end(lines, day, zone, now), Outlook()
    if plan.agreed:
        text = ngettext("%(n)s service ends after %(day)s.", "%(n)s services end after %(day)s.", len(plan.agreed))
        found.groups.append(Group(text % {"n": len(plan.agreed), "day": _day(day)}, plan.agreed))
    by_reason: dict[tuple[str, date], list[Assignment]] = defaultdict(list)
    for refused in plan.refused:
        by_reason[refused.reason, refused.day].append(refused.line)
    for (reason, other), some in sorted(by_reason.items(), key=lambda entry: entry[0]):
        facts = {"n": len(some), "day": _day(other)}
        if reason == "too_early":
            text = ngettext(
                "%(n)s service cannot end so early: its notice lasts until %(day)s. It stays as it is.",
                "%(n)s services cannot end so early: their notice lasts until %(day)s. They stay as they are.",
                len(some),
            )
        else:
            text = ngettext(
                "%(n)s trial is over before, on %(day)s. It stays as it is.",
                "%(n)s trials are over before, on %(day)s. They stay as they are.",
                len(some),
            )
        found.groups.append(Group(text % facts, some, is_left_out=True))
    return found


def _end(act: str, line: Assignment, zone: str, now: datetime, day: date | None) -> datetime:
    if act == END and day is not None:
        return midnight_after(day, zone)
    if act == CANCEL_NOW:
        return now
    if is_trial(line) and line.trial_until is not None:
        return line.trial_until
    return end_of_months(now, line.notice_months, zone)


def _singly(ends: Iterable[tuple[Assignment, datetime]], zone: str) -> list[Group]:
    """What goes on of packages when something of them ends, at which price (PR-01)."""
    groups, by_day = [], defaultdict[date, list[Assignment]](list)
    for line, end in packages.rest(ends):
        by_day[day_of(end, zone)].append(line)
    for day, some in sorted(by_day.items()):
        text = ngettext(
            "From %(day)s on, %(n)s other service costs %(price)s per month without VAT instead of %(before)s, because "
            "its package is whole no more. A trial stays free of charge.",
            "From %(day)s on, %(n)s other services together cost %(price)s per month without VAT instead of "
            "%(before)s, because their package is whole no more. Trials stay free of charge.",
            len(some),
        )
        facts = {"n": len(some), "day": _day(day), "before": _price(some), "price": _price(some, singly=True)}
        groups.append(Group(text % facts, some, is_dearer=True))
    return groups


def _with_others(found: Outlook, lines: Sequence[Assignment]) -> Outlook:
    chosen = set(found.chosen)
    others = [line for line in lines if line.pk not in chosen]
    if others:
        text = ngettext(
            "%(n)s service stays as it is: this does not concern it.",
            "%(n)s services stay as they are: this does not concern them.",
            len(others),
        )
        found.groups.append(Group(text % {"n": len(others)}, others, is_left_out=True))
    return found


def _by(lines: Iterable[Assignment], key: Callable[[Assignment], date]) -> list[tuple[date, list[Assignment]]]:
    found: dict[date, list[Assignment]] = defaultdict(list)
    for line in lines:
        found[key(line)].append(line)
    return sorted(found.items())


def _trial_end(line: Assignment, zone: str) -> date:
    return last_day(line.trial_until or line.since, zone)


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def _price(lines: Iterable[Assignment], *, singly: bool = False) -> str:
    prices = [(line.contract.currency, packages.single_price(line) if singly else line.price) for line in lines]
    whole = money.sums(prices)
    return " + ".join(cockpit.words(one.amount, one.currency) for one in whole)
