"""What the job does once both companies agreed: it moves the rows, then the readings, and closes what is empty (CO-10).

Each step, and each piece of a long one, is a transaction of its own that also writes how far it came into the `Merge`.
A worker that is killed at any moment leaves whole pieces, and the next run goes on behind them.
"""

from collections.abc import Callable
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.merge_parts import Hook, MergePart, Pair, later_parts, merge_parts
from kolonne.portal.companies.models import Company, CompanyVersion, Membership, Merge, Role, Tenant
from kolonne.portal.companies.queries.generations import MASTER_DATA
from kolonne.portal.companies.queries.merging import STAYS_BEHIND, pair_of, running_merges
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import OPEN_STATES, User
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import company_scope

log = structlog.get_logger()
ACTOR = Actor.system("company merge")
ROWS, READINGS, CLOSED = "rows", "readings", "closed"
STEPS = (ROWS, READINGS, CLOSED)
Do = Callable[[Actor, Merge], bool]
"""A step's work; True when nothing of it is left to do."""


def advance(*, actor: Actor) -> int:
    """Takes all steps of all merges that were confirmed; how many were finished. Safe to run at any time, any number
    of times and at the same time. One merge's trouble does not keep the others waiting."""
    if not actor.is_system:
        raise NotAllowed("companies.company:close")
    finished = 0
    for gone, stays in running_merges():
        try:
            finished += carry_out(actor=actor, gone=gone, stays=stays)
        except Exception:
            log.exception("companies cannot be merged", gone=gone, stays=stays)
    return finished


def carry_out(*, actor: Actor, gone: int, stays: int) -> bool:
    """The same for one; whether it is done now. Raises what went wrong; what was done before stays done."""
    work: dict[str, Do] = {ROWS: _move_rows, READINGS: _move_readings, CLOSED: _close}
    for name in STEPS:
        while not _once(actor, gone, stays, name, work[name]):
            pass
        log.info("step of a merge done", gone=gone, stays=stays, step=name)
    return True


@transaction.atomic
def _once(actor: Actor, gone: int, stays: int, name: str, do: Do) -> bool:
    with company_scope([gone, stays]):
        # Another worker waits here; the order of locks is that of the confirmation.
        list(
            Tenant.objects.select_for_update(no_key=True).filter(pk__in=[gone, stays]).order_by("pk").values_list("pk")
        )
        confirmed = Merge.objects.select_for_update().filter(confirmed_at__isnull=False, done_at=None)
        merge = confirmed.filter(gone=gone, stays=stays).first()
        if merge is None or name in merge.steps:
            return True
        if not do(actor, merge):
            return False
        merge.steps = [*merge.steps, name]
        merge.save(update_fields=["steps"])
    return True


def _move_rows(actor: Actor, merge: Merge) -> bool:
    """Everything that hangs together, at once: no row ever points at one of the other company."""
    pair = pair_of(merge)
    list(Company.objects.select_for_update(no_key=True).filter(pk__in=[pair.gone.pk, pair.stays.pk]).order_by("pk"))
    merge.place = {name: later.plan(pair.gone) for name, later in later_parts().items()}
    _call(actor, pair, lambda part: part.before)
    sweep(pair.gone.pk, pair.stays.pk)
    _call(actor, pair, lambda part: part.after)
    _count(merge)
    merge.save(update_fields=["place", "done", "total"])
    for user_id in merge.people:
        notify.notify(notify.PEOPLE, str(user_id))
    return True


def _call(actor: Actor, pair: Pair, hook_of: Callable[[MergePart], Hook | None]) -> None:
    for part in merge_parts():
        hook = hook_of(part)
        if hook is not None:
            hook(actor, pair.gone, pair.stays)


def sweep(gone: int, stays: int) -> dict[str, int]:
    """All rows of one company become the other's, but for the tables in `STAYS_BEHIND`; how many, by table. Needs the
    scope of both, and a merge of them that was confirmed."""
    besides = [name if "." in name else f"public.{name}" for name in STAYS_BEHIND]
    with connection.cursor() as cursor:
        cursor.execute("SELECT companies_move_rows(%s, %s, %s)", [gone, stays, besides])
        counts = cursor.fetchone()[0]
    return dict(counts) if isinstance(counts, dict) else {}


def _move_readings(actor: Actor, merge: Merge) -> bool:
    """One piece of what follows later; False while there is more."""
    for name, later in later_parts().items():
        place = merge.place.get(name)
        if place is not None:
            merge.place[name] = later.move(merge.gone_id or 0, merge.stays_id, place)
            _count(merge)
            merge.save(update_fields=["place", "done", "total"])
            return all(left is None for left in merge.place.values())
    return True


def _count(merge: Merge) -> None:
    """The progress; what is finished counts no more in its part, and stays in the sum."""
    places = [place for place in merge.place.values() if place is not None]
    merge.total = max(merge.total, sum(place.get("total", 0) for place in places))
    merge.done = merge.total - sum(place.get("total", 0) - place.get("done", 0) for place in places)


def _close(actor: Actor, merge: Merge) -> bool:
    """Nothing of the company is left but its number and its chain. Whoever still adds a row at this moment fails:
    what it would point at is gone."""
    gone, stays = pair_of(merge).gone, pair_of(merge).stays
    list(Company.objects.select_for_update().filter(pk=gone.pk).values_list("pk"))
    sweep(gone.pk, stays.pk)
    now = timezone.now()
    merge.generations = _generations(gone)
    merge.place, merge.done_at = {}, now
    merge.save(update_fields=["generations", "place", "done_at"])
    facts: dict[str, Any] = {"people": len(merge.people)}
    audit.record(actor, "companies.merge.done", on=gone, company_id=gone.pk, organisation=stays.name, **facts)
    audit.record(actor, "companies.merge.done", on=stays, company_id=stays.pk, organisation=gone.name, **facts)
    CompanyVersion.objects.filter(company=gone).delete()
    Company.objects.filter(pk=gone.pk)._raw_delete(using="default")  # what points at it is checked by the database
    Tenant.objects.filter(pk=gone.pk).update(closed_at=now)
    _tell(merge, stays)
    merge.people = []
    merge.save(update_fields=["people"])
    return True


def _generations(gone: Company) -> list[dict[str, object]]:
    rows = CompanyVersion.objects.filter(company=gone).order_by("generation")
    return [
        {name: getattr(row, name) for name in ("generation", *MASTER_DATA)} | {"since": row.since.isoformat()}
        for row in rows
    ]


def _tell(merge: Merge, stays: Company) -> None:
    """Everybody of the company that is gone, and the administrators of the one that stays."""
    here = set(merge.people)
    chiefs = Membership.objects.filter(company=stays, roles__contains=[Role.ADMINISTRATOR])
    others = set(chiefs.values_list("user_id", flat=True)) - here
    for user in User.objects.filter(pk__in=here | others, state__in=OPEN_STATES).exclude(email="").order_by("pk"):
        mail = "company_merged" if user.pk in here else "company_grown"
        mails.post(mail, user, company=stays.name, other=merge.gone_name)
