"""What was done in an acting session, in the words and times of the person in whose name it was."""

from typing import Any

from django.utils import formats, timezone, translation

from kolonne.portal.audit import texts
from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.models import Company
from kolonne.portal.support.models import ActingSession, Ended

MOST_LINES = 100
"""In a mail; all of it is in the audit."""


def entries_of(row: ActingSession) -> list[Entry]:
    """What the helper did in the person's name, oldest first. Needs the company's scope."""
    done = Entry.objects.filter(
        company_id=row.company_id, user_id=row.agent_id, acting_for_id=row.user_id, at__gte=row.started_at
    )
    if row.ended_at is not None:
        done = done.filter(at__lte=row.ended_at)
    return list(done.order_by("id"))


def facts_of(row: ActingSession) -> dict[str, Any]:
    """For the mail after the end. Needs the company's scope."""
    company = Company.objects.get(pk=row.company_id)
    entries = entries_of(row)
    with translation.override(row.user.language), timezone.override(company.time_zone):
        return {
            "agent": row.agent_label,
            "organisation": row.organisation_label,
            "company": company.name,
            "day": formats.date_format(timezone.localtime(row.started_at), "DATE_FORMAT"),
            "started": _clock(row.started_at),
            "ended": _clock(row.ended_at or row.ends_at),
            "how": str(Ended(row.ended_by).label),
            "lines": [_line(entry, company.name) for entry in entries[:MOST_LINES]],
            "more": max(0, len(entries) - MOST_LINES),
        }


def _clock(moment: Any) -> str:
    return formats.time_format(timezone.localtime(moment), "TIME_FORMAT")


def _line(entry: Entry, company: str) -> str:
    about = entry.target_label.removesuffix(f" · {company}")
    return f"{_clock(entry.at)} · {texts.words(entry.verb)}" + (f" · {about}" if about else "")
