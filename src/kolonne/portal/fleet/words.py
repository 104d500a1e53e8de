"""Sentences about vans as the server writes them: numbers and times in the reader's language and zone."""

from datetime import UTC, datetime

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
    """The clock for today, with the date for other days."""
    at, now = (timezone.localtime(datetime.fromtimestamp(ms / 1000, UTC)) for ms in (at_ms, now_ms))
    clock = at.strftime("%H:%M")
    return clock if at.date() == now.date() else f"{date_format(at, 'D j M')}, {clock}"


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
