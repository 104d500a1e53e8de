from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, models, transaction
from django.utils import timezone

from kolonne.portal.audit import queries, texts
from kolonne.portal.audit.models import Entry
from kolonne.portal.lib.actor import MAX_LABEL, Actor
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import all_companies, company_scope, platform_scope

log = structlog.get_logger()

LOOK_S = 15 * 60
_CHAIN_LOCK = 0x4B6F6C  # any constant: the first half of the advisory lock, the company is the second


@transaction.atomic
def record(actor: Actor, verb: str, *, on: models.Model, company_id: int | None, **facts: Any) -> Entry:
    """Adds an entry to the company's chain, in the caller's transaction: no act without it, no entry without the act.

    `facts` go out in exports and must hold no secrets.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CHAIN_LOCK, company_id or 0])
    with platform_scope():
        entry = _next_entry(actor, verb, on, company_id, facts)
        entry.save(force_insert=True)
    return entry


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
    facts = {"entries": count, "first_broken": broken.pk if broken else None}
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


def _next_entry(actor: Actor, verb: str, on: models.Model, company_id: int | None, facts: dict[str, Any]) -> Entry:
    last = Entry.objects.filter(company_id=company_id).order_by("-id").values_list("digest", flat=True).first()
    entry = Entry(
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
        facts=facts,
        previous=bytes(last or b"\0" * 32),
    )
    entry.digest = entry.computed_digest()
    return entry
