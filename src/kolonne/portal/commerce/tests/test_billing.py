"""PR-07: what a part of a month costs, and which days are charged."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from kolonne.portal.commerce.billing import month_after, month_before, share, spans, whole
from kolonne.portal.commerce.models import Assignment, ContractState

ZONES = ("Europe/Oslo", "America/Los_Angeles", "Pacific/Auckland", "UTC")
months = st.dates(date(2024, 1, 1), date(2030, 12, 31)).map(lambda day: day.replace(day=1))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants it so
prices = st.decimals(0, 100_000, places=2)


def test_half_a_cent_is_rounded_up() -> None:
    assert share(Decimal("0.31"), 1, date(2026, 1, 1)) == Decimal("0.01")
    assert share(Decimal("0.15"), 1, date(2026, 4, 1)) == Decimal("0.01")
    assert share(Decimal("0.14"), 1, date(2026, 4, 1)) == Decimal("0.00")
    assert share(Decimal("69.00"), 30, date(2026, 4, 1)) == Decimal("69.00")
    assert share(Decimal("69.00"), 14, date(2026, 2, 1)) == Decimal("34.50")


@given(prices, months, st.data())
def test_the_parts_of_a_month_are_the_whole_within_rounding(price: Decimal, month: date, data: st.DataObject) -> None:
    all_days = whole(month).count
    cuts = sorted(data.draw(st.sets(st.integers(1, all_days - 1), max_size=6)))
    edges = [0, *cuts, all_days]
    parts = [share(price, end - begin, month) for begin, end in pairwise(edges)]
    assert abs(sum(parts) - price) <= Decimal("0.005") * len(parts)
    assert share(price, all_days, month) == price


@given(moments, st.none() | moments, st.none() | moments, st.sampled_from(ZONES))
def test_no_day_is_charged_twice_over_months(
    since: datetime, trial: datetime | None, end: datetime | None, zone: str
) -> None:
    line = Assignment(since=since, trial_until=trial, ended_at=end, state=ContractState.ACTIVE)
    seen: list[date] = []
    month = date(2025, 11, 1)
    while month < date(2027, 3, 1):
        for span in spans(line, month, zone):
            days = [span.first + timedelta(days=n) for n in range(span.count)]
            assert all(month <= day < month_after(month) for day in days)
            seen += days
        month = month_after(month)
    assert len(seen) == len(set(seen))
    if end is not None:
        assert all(day < end.astimezone(ZoneInfo(zone)).date() for day in seen)


@given(moments, moments, moments)
def test_two_lines_that_follow_each_other_share_no_day(since: datetime, change: datetime, end: datetime) -> None:
    """Given up and bought again on one day: the day is paid once, and none is missing."""
    since, change, end = sorted((since, change, end))
    one = Assignment(since=since, ended_at=change, state=ContractState.ENDED)
    two = Assignment(since=change, ended_at=end, state=ContractState.ENDED)
    both = Assignment(since=since, ended_at=end, state=ContractState.ENDED)

    def charged(line: Assignment) -> int:
        all_months = [date(2026, number, 1) for number in range(1, 13)]
        return sum(spans(line, month, "Europe/Oslo")[1].count for month in all_months)

    assert charged(one) + charged(two) == charged(both)


def test_a_month_with_the_change_to_summer_time_has_its_days() -> None:
    oslo = ZoneInfo("Europe/Oslo")
    line = Assignment(since=datetime(2026, 3, 29, 0, 30, tzinfo=oslo), state=ContractState.ACTIVE)
    assert spans(line, date(2026, 3, 1), "Europe/Oslo")[1].count == 3
    line.ended_at = datetime(2026, 3, 30, tzinfo=oslo)
    assert spans(line, date(2026, 3, 1), "Europe/Oslo")[1].count == 1


def test_a_trial_that_is_not_continued_costs_nothing_even_when_nobody_has_ended_it_yet() -> None:
    line = Assignment(
        since=datetime(2026, 1, 5, tzinfo=UTC), trial_until=datetime(2026, 2, 5, tzinfo=UTC), state=ContractState.TRIAL
    )
    assert [span.count for span in spans(line, date(2026, 2, 1), "UTC")] == [4, 0]
    line.converts = True
    assert [span.count for span in spans(line, date(2026, 2, 1), "UTC")] == [4, 24]


@given(months)
def test_months_follow_each_other(month: date) -> None:
    assert month_before(month_after(month)) == month
