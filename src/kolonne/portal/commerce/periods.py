"""When trials and notices end: always at a midnight of the company's own clock, and never before their full length."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def end_of_months(since: datetime, months: int, time_zone: str) -> datetime:
    """The midnight that ends the same day so many months later, or that month's last day if it is shorter.

    Counted in days of the calendar, so that a change to summer time moves nothing; zero months end with today.
    """
    return midnight_after(_months_later(day_of(since, time_zone), months), time_zone)


def midnight_after(day: date, time_zone: str) -> datetime:
    """The end of a day, as the company's clock shows it."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone)).astimezone(UTC)


def day_of(moment: datetime, time_zone: str) -> date:
    return moment.astimezone(ZoneInfo(time_zone)).date()


def last_day(end: datetime, time_zone: str) -> date:
    """The day that ends then: people are told "until 30 June", not "until 1 July, midnight"."""
    return day_of(end - timedelta(microseconds=1), time_zone)


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
