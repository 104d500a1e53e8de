from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from kolonne.portal.audit import texts
from kolonne.portal.audit.models import Entry
from kolonne.portal.lib.scope import platform_scope

CHECK_EVERY = timedelta(hours=20)
PAGE_SIZE = 50


def first_broken_entry(company_id: int | None) -> Entry | None:
    """The first entry of a company's chain that was altered, or follows one that was removed; None if all is well."""
    previous = b"\0" * 32
    with platform_scope():
        for entry in Entry.objects.filter(company_id=company_id).order_by("id").iterator():
            if bytes(entry.previous) != previous or bytes(entry.digest) != entry.computed_digest():
                return entry
            previous = bytes(entry.digest)
    return None


@dataclass(frozen=True)
class ChainState:
    """What the last check of a chain found."""

    at: datetime
    entries: int
    first_broken: int | None


def chain_state(company_id: int | None) -> ChainState | None:
    """Of the last check; None when there was none. Needs the chain's scope."""
    entry = Entry.objects.filter(company_id=company_id, verb=texts.CHECKED).order_by("-id").first()
    return ChainState(entry.at, entry.facts["entries"], entry.facts["first_broken"]) if entry else None


def is_check_due(company_id: int | None) -> bool:
    """Whether there are entries after the last check, and that was not today. Needs the chain's scope."""
    last = Entry.objects.filter(company_id=company_id).order_by("-id").values_list("verb", flat=True).first()
    if last in {None, texts.CHECKED}:
        return False
    state = chain_state(company_id)
    return state is None or state.at < timezone.now() - CHECK_EVERY


@dataclass(frozen=True)
class Wanted:
    """What a reader of the audit asks for."""

    group: str = ""
    name: str = ""
    """Part of the name of who did it, or of whom or what it is about."""
    since: date | None = None
    until: date | None = None
    before: int | None = None
    """Entries older than this one: the next page."""


@dataclass(frozen=True)
class Page:
    entries: list[Entry]
    next_before: int | None
    """`before` of the next page; None on the last one."""


def read(entries: QuerySet[Entry], wanted: Wanted) -> Page:
    """One page of some entries, newest first. Never counts them: a chain only grows."""
    found = _wanted(entries, wanted).order_by("-id")[: PAGE_SIZE + 1]
    page = list(found)
    more = len(page) > PAGE_SIZE
    return Page(page[:PAGE_SIZE], page[PAGE_SIZE - 1].pk if more else None)


def _wanted(entries: QuerySet[Entry], wanted: Wanted) -> QuerySet[Entry]:
    entries = entries.exclude(verb=texts.CHECKED)
    if wanted.before is not None:
        entries = entries.filter(pk__lt=wanted.before)
    if wanted.group:
        entries = entries.filter(_in_group(wanted.group))
    if wanted.name:
        entries = entries.filter(Q(actor__icontains=wanted.name) | Q(target_label__icontains=wanted.name))
    if wanted.since is not None:
        entries = entries.filter(at__gte=_midnight(wanted.since))
    if wanted.until is not None:
        entries = entries.filter(at__lt=_midnight(wanted.until + timedelta(days=1)))
    return entries


def _midnight(day: date) -> datetime:
    """As the reader's clock shows it."""
    return timezone.make_aware(datetime.combine(day, time()))


def _in_group(group: str) -> Q:
    if group == "looks":
        return Q(verb__endswith=texts.LOOKED)
    fitting = Q()
    for prefix in texts.PREFIXES[group]:
        fitting |= Q(verb__startswith=prefix)
    return fitting & ~Q(verb__endswith=texts.LOOKED)


def targets_of(model: str, ids: Iterable[int | str]) -> list[str]:
    """As entries name what they are about, e.g. `identity.user:7`."""
    return [f"{model}:{pk}" for pk in ids]
