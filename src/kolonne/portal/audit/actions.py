import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, models, transaction
from django.utils import timezone

from kolonne.portal.audit import queries, removal, texts
from kolonne.portal.audit.models import SALT_BYTES, Entry
from kolonne.portal.lib.actor import MAX_LABEL, Actor
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import all_companies, company_scope, platform_scope

log = structlog.get_logger()

LOOK_S = 15 * 60
BATCH = 200
"""Entries from which names are removed in one transaction."""
_CHAIN_LOCK = 0x4B6F6C  # any constant: the first half of the advisory lock, the company is the second
_NAMES_A_PERSON = ("user_id", "person_id", "agent_id", "accepted_by_id")
"""Columns of what an entry is about, if it has them, by which it concerns somebody."""


@transaction.atomic
def record(
    actor: Actor, verb: str, *, on: models.Model, company_id: int | None, about: Collection[int] = (), **facts: Any
) -> Entry:
    """Adds an entry to the company's chain, in the caller's transaction: no act without it, no entry without the act.

    `facts` go out in exports and must hold no secrets. `about` are ids of people whom label or facts name and who are
    neither the actor nor what the entry is `on`: when one of them is erased, his name is found and removed (CO-11).
    """
    _lock(company_id)
    with platform_scope():
        entry = _next_entry(actor, verb, on, company_id, facts, _last_digest(company_id))
        entry.people = sorted({*_people(actor, on), *about})
        entry.seal()
        entry.save(force_insert=True)
    return entry


@transaction.atomic
def record_all(
    actor: Actor, verb: str, *, on: Sequence[models.Model], company_id: int | None, facts: Sequence[dict[str, Any]]
) -> None:
    """`record` for many things of one act, with the facts of each: one entry for each, in this order."""
    if not on:
        return
    _lock(company_id)
    with platform_scope():
        previous = _last_digest(company_id)
        entries = []
        for thing, what in zip(on, facts, strict=True):
            entry = _next_entry(actor, verb, thing, company_id, what, previous)
            entry.people = sorted(set(_people(actor, thing)))
            entry.seal()
            previous = bytes(entry.digest)
            entries.append(entry)
        Entry.objects.bulk_create(entries)


def _lock(company_id: int | None) -> None:
    """The chain waits for this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CHAIN_LOCK, company_id or 0])


def record_look(actor: Actor, verb: str, *, on: models.Model, company_id: int | None) -> None:
    """Says that somebody looked at data of people (NF-06), once in `LOOK_S` however often a page is opened."""
    since = timezone.now() - timedelta(seconds=LOOK_S)
    with platform_scope():
        looks = Entry.objects.filter(company_id=company_id, verb=verb, target=_target(on))
        lately = looks.filter(actor=actor.label[:MAX_LABEL])
        is_known = lately.filter(user_id=actor.user_id, at__gte=since).exists()
    if not is_known:
        record(actor, verb, on=on, company_id=company_id)


def check_chain(actor: Actor, company_id: int | None, *, at_most: int | None = None) -> Entry:
    """Recomputes a whole chain and says in it what was found. Needs the company's scope.

    Raises Conflict when it has more than `at_most` entries: then the job that runs daily does it.
    """
    with platform_scope():
        entries = Entry.objects.filter(company_id=company_id)
        count = entries.count()
        last = entries.order_by("-id").first()
    if last is None:
        raise Conflict("empty_chain", "there is nothing to check")
    if at_most is not None and count > at_most:
        raise Conflict("long_chain", f"{count} entries are checked by the daily job", entries=count)
    broken = queries.first_broken_entry(company_id)
    if broken is not None:
        log.error("audit chain broken", company=company_id, entry=broken.pk)
    facts: dict[str, Any] = {"entries": count, "first_broken": broken.pk if broken else None}
    return record(actor, texts.CHECKED, on=last, company_id=company_id, **facts)


def check_chains() -> int:
    """Checks every chain to which something was added since its last check; how many that were."""
    checked = 0
    for company_id in (None, *all_companies()):
        with company_scope([company_id] if company_id else []), platform_scope():
            if queries.is_check_due(company_id):
                check_chain(Actor.system("audit-check"), company_id)
                checked += 1
    return checked


def _target(on: models.Model) -> str:
    return f"{on._meta.label_lower}:{on.pk}"


def _people(actor: Actor, on: models.Model) -> Iterable[int]:
    found = [actor.user_id, actor.acting_for.user_id if actor.acting_for else None]
    found += [getattr(on, name, None) for name in _NAMES_A_PERSON]
    if on._meta.label_lower == texts.PERSON:
        found.append(on.pk)
    return [one for one in found if isinstance(one, int)]


def _last_digest(company_id: int | None) -> bytes:
    last = Entry.objects.filter(company_id=company_id).order_by("-id").values_list("digest", flat=True).first()
    return bytes(last or b"\0" * 32)


def _next_entry(
    actor: Actor, verb: str, on: models.Model, company_id: int | None, facts: dict[str, Any], previous: bytes
) -> Entry:
    return Entry(
        company_id=company_id,
        at=timezone.now(),
        actor=actor.label[:MAX_LABEL],
        user_id=actor.user_id,
        address=actor.address,
        acting_for=actor.acting_for.label[:MAX_LABEL] if actor.acting_for else "",
        acting_for_id=actor.acting_for.user_id if actor.acting_for else None,
        verb=verb,
        target=_target(on),
        target_label=str(on)[:MAX_LABEL],
        facts=json.loads(json.dumps(facts)),  # as it will be read again
        previous=previous,
    )


def remove_names(actor: Actor, *, person: models.Model, company_id: int | None, targets: Collection[str] = ()) -> int:
    """Takes the names of an erased person out of one chain, whose scope is open; from how many entries that was.

    `targets` are further things by which entries concern him, e.g. the invitation that he accepted. Each batch is a
    transaction in which an entry says what was done, so that a removal without one is found. May be killed and run
    again: what is done already is not touched.
    """
    after, count = 0, 0
    while True:
        after, treated = _remove_batch(actor, person, company_id, targets, after)
        count += treated
        if not after:
            return count


@transaction.atomic
def _remove_batch(
    actor: Actor, person: models.Model, company_id: int | None, targets: Collection[str], after: int
) -> tuple[int, int]:
    """The last id that was looked at, or 0 at the end; and how many entries were changed."""
    _lock(company_id)
    with platform_scope():
        batch = list(queries.concerning(person.pk, company_id, targets).filter(pk__gt=after).order_by("pk")[:BATCH])
        named = [entry for entry in batch if removal.without(entry, person.pk) != removal.Names.of(entry)]
        for entry in named:
            _remove_from(entry, person.pk)
        if named:
            left = Entry.objects.filter(pk__in=[entry.pk for entry in named])
            treated = {str(entry.pk): entry.remaining_digest().hex() for entry in left}
            record(actor, texts.NAMES_REMOVED, on=person, company_id=company_id, entries=len(named), treated=treated)
    return (batch[-1].pk if len(batch) == BATCH else 0), len(named)


def _remove_from(entry: Entry, person: int) -> None:
    names = removal.without(entry, person)
    shown = [names.actor, names.acting_for, names.label, names.address, json.dumps(names.facts)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_remove_names(%s, %s, %s, %s, %s, %s, %s::jsonb, %s)",
            [entry.pk, person, *shown, secrets.token_bytes(SALT_BYTES)],
        )
