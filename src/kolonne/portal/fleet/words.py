"""Sentences about vans as the server writes them: numbers and times in the reader's language and zone."""

from datetime import UTC, datetime

from babel.dates import format_skeleton
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext, to_locale
from django.utils.translation import gettext as _

from kolonne.portal.fleet import texts
from kolonne.portal.fleet.condition import Sentence

_MINUTE = 60
_HOUR = 3600
_DAY = 86_400
_NBSP = "\u00a0"


def say(sentence: Sentence, now_ms: int) -> str:
    """The sentence in words, for example "Rear door open for 14 min"."""
    filled = {name: _word(name, value, now_ms) for name, value in sentence.params.items()}
    text = texts.sentences()[sentence.key]
    for name, word in filled.items():
        text = text.replace("{" + name + "}", word)
    return text.replace("{bar}", "–")


def span(milliseconds: float) -> str:
    """How long, in one unit: "14 min"."""
    seconds = max(0, int(milliseconds / 1000))
    if seconds < _MINUTE:
        return f"{seconds}{_NBSP}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}{_NBSP}min"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR}{_NBSP}h"
    days = seconds // _DAY
    return ngettext("{n} day", "{n} days", days).replace("{n}", str(days))


def moment(at_ms: float, now_ms: int) -> str:
    """The clock for today, with the date for other days, as `format.js` writes it."""
    at, now = (timezone.localtime(datetime.fromtimestamp(ms / 1000, UTC)) for ms in (at_ms, now_ms))
    clock = at.strftime("%H:%M")
    if at.date() == now.date():
        return clock
    language = to_locale(get_language() or "en")
    # Days before months, as where these vans drive.
    day = format_skeleton("MMMEd", at, locale="en_GB" if language == "en" else language)
    return f"{day}, {clock}"


def ago(at_ms: int, now_ms: int) -> str:
    return _("{age} ago").replace("{age}", span(now_ms - at_ms))


def _word(name: str, value: float, now_ms: int) -> str:
    match name:
        case "for":
            return span(value)
        case "since" | "seen" | "ready":
            return moment(value, now_ms)
        case "kw" | "bar":
            return number_format(round(value, 1), 1)
        case _:
            return number_format(round(value), 0)
