from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from kolonne.portal.audit import texts
from kolonne.portal.audit.models import Entry
from kolonne.portal.lib.scope import platform_scope, user_scope

CHECK_EVERY = timedelta(hours=20)
PAGE_SIZE = 50
CHECKED_AT_ONCE = 500
MOST_LABELS = 100


def first_broken_entry(company_id: int | None) -> Entry | None:
    """The first entry of a company's chain that was altered, or follows one that was removed; None if all is well.

    An entry whose names were removed is intact if a later one says so, and what is left is what was left then.
    """
    previous = b"\0" * 32
    for batch in _batches(company_id):
        removals = _removals(company_id, [entry.pk for entry in batch if entry.names_removed_at])
        for entry in batch:
            if bytes(entry.previous) != previous or not _is_intact(entry, removals.get(entry.pk)):
                return entry
            previous = bytes(entry.digest)
    return None


def _batches(company_id: int | None) -> Iterator[list[Entry]]:
    """A chain in its order; memory does not grow with it."""
    last = 0
    while True:
        with platform_scope():
            batch = list(Entry.objects.filter(company_id=company_id, pk__gt=last).order_by("pk")[:CHECKED_AT_ONCE])
        if not batch:
            return
        yield batch
        last = batch[-1].pk


def _removals(company_id: int | None, entries: list[int]) -> dict[int, str]:
    """What the chain says was left of entries from which names were removed, the last time."""
    if not entries:
        return {}
    wanted = {str(pk) for pk in entries}
    with platform_scope():
        said = Entry.objects.filter(
            company_id=company_id, verb=texts.NAMES_REMOVED, facts__treated__has_any_keys=wanted
        )
        treated = list(said.order_by("pk").values_list("facts__treated", flat=True))
    return {int(pk): digest for one in treated for pk, digest in one.items() if pk in wanted}


def _is_intact(entry: Entry, removal: str | None) -> bool:
    if bytes(entry.digest) != entry.computed_digest():
        return False
    if entry.names_removed_at is None:
        return bytes(entry.content_digest) == entry.computed_content_digest()
    return removal == entry.remaining_digest().hex()


def concerning(person: int, company_id: int | None, targets: Collection[str] = ()) -> QuerySet[Entry]:
    """Entries of a chain that name somebody. Needs the chain's scope."""
    entries = Entry.objects.filter(Q(people__contains=[person]) | Q(target__in=targets), company_id=company_id)
    return entries.exclude(verb=texts.NAMES_REMOVED)


def chains_concerning(person: int) -> list[int | None]:
    """Ids of the companies in whose chains somebody is named; None is the platform's own chain."""
    with user_scope(person):
        found = Entry.objects.filter(people__contains=[person]).order_by().values_list("company_id", flat=True)
        return sorted(found.distinct(), key=lambda company: company or 0)


def labels_of(person: int) -> set[str]:
    """The names under which somebody stands in the audit, also earlier ones; at most `MOST_LABELS` of each kind."""
    with user_scope(person):
        acted = Entry.objects.filter(user_id=person).order_by().values_list("actor", flat=True)
        in_his_name = Entry.objects.filter(acting_for_id=person).order_by().values_list("acting_for", flat=True)
        target = Entry.objects.filter(target=f"{texts.PERSON}:{person}").order_by()
        found = (acted, in_his_name, target.values_list("target_label", flat=True))
        return {label for labels in found for label in labels.distinct()[:MOST_LABELS] if label}


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
