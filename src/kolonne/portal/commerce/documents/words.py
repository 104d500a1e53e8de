"""Days and sums as papers write them, in the reader's language."""

from datetime import date, datetime

from babel.dates import format_date, format_skeleton

from kolonne.portal.commerce.periods import day_of

_LOCALES = {"en": "en_GB"}


def locale(language: str) -> str:
    """English as Europe writes it."""
    return _LOCALES.get(language, language)


def day(moment: datetime | date, time_zone: str, language: str) -> str:
    """E.g. "22.11.2026", by the clock of the company."""
    shown = day_of(moment, time_zone) if isinstance(moment, datetime) else moment
    return str(format_date(shown, "medium", locale=locale(language)))


def month_name(month: date, language: str) -> str:
    """E.g. "November 2026"."""
    return str(format_skeleton("yMMMM", month, locale=locale(language)))
