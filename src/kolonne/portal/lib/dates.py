"""Days in the words of mails, which are written in the reader's language and not in that of a page."""

from datetime import date

from babel.dates import format_date

_LOCALES = {"en": "en_GB"}
"""English as Europe writes it: 22 November 2026."""


def long_date(day: date, language: str) -> str:
    """E.g. "22. November 2026"."""
    return str(format_date(day, "long", locale=_LOCALES.get(language, language)))
