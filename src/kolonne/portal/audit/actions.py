from datetime import timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import platform_scope

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


def record_look(actor: Actor, verb: str, *, on: models.Model, company_id: int) -> None:
    """Says that somebody looked at data of people (NF-06), once in `LOOK_S` however often a page is opened."""
    since = timezone.now() - timedelta(seconds=LOOK_S)
    lately = Entry.objects.filter(company_id=company_id, verb=verb, target=_target(on), actor=actor.label)
    if not lately.filter(user_id=actor.user_id, at__gte=since).exists():
        record(actor, verb, on=on, company_id=company_id)


def _target(on: models.Model) -> str:
    return f"{on._meta.label_lower}:{on.pk}"


def _next_entry(actor: Actor, verb: str, on: models.Model, company_id: int | None, facts: dict[str, Any]) -> Entry:
    last = Entry.objects.filter(company_id=company_id).order_by("-id").values_list("digest", flat=True).first()
    entry = Entry(
        company_id=company_id,
        at=timezone.now(),
        actor=actor.label,
        user_id=actor.user_id,
        address=actor.address,
        verb=verb,
        target=_target(on),
        target_label=str(on),
        facts=facts,
        previous=bytes(last or b"\0" * 32),
    )
    entry.digest = entry.computed_digest()
    return entry
