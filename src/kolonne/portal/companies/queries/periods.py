"""What a market's periods mean for its people (ID-05)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from kolonne.portal.identity.life_cycle import STAGES
from kolonne.portal.identity.models import Market, User

PERIODS = ("warn_days", "lock_days", "notice_days", "delete_days")


@dataclass(frozen=True)
class Step:
    """A day in the life of an account that nobody uses any more."""

    name: str
    days: int
    """Since the last sign-in."""
    day: date


@dataclass(frozen=True)
class Outlook:
    """How many people take a step tomorrow: as the periods are, and as they would be."""

    name: str
    now: int
    then: int


def with_periods(market: Market, periods: Mapping[str, int]) -> Market:
    """The market as it would be. Not to be saved."""
    return Market(pk=market.pk, **{name: periods.get(name, getattr(market, name)) for name in PERIODS})


def example(market: Market) -> list[Step]:
    """What becomes of somebody who signs in today and then never again."""
    today = timezone.localdate()
    return [
        Step(name, days, today + timedelta(days=days))
        for name, days in [("sign_in", 0), *((stage.name, stage.days(market)) for stage in STAGES)]
    ]


def outlook(market: Market, periods: Mapping[str, int]) -> list[Outlook]:
    """For each step, the people whom it would reach until tomorrow."""
    tomorrow = timezone.now() + timedelta(days=1)
    would_be = with_periods(market, periods)
    return [
        Outlook(
            stage.name,
            User.objects.filter(stage.due(market, tomorrow)).count(),
            User.objects.filter(stage.due(would_be, tomorrow)).count(),
        )
        for stage in STAGES
    ]
