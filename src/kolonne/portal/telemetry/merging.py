"""What a merge of two companies does to readings (CO-10): they follow their vans, the newest first.

Ingest never stops for longer than the vans need to move: what modules send meanwhile is written for the company that
stays, and a flush that had begun for the other one fails at the key of its cursors and is done again.
"""

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from kolonne.portal.companies.merge_parts import Effect, Later, MergePart, Pair, Place
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.telemetry.departure import consequences
from kolonne.portal.vehicles.models import Vehicle

BATCH = 20_000
"""Rows that one transaction moves."""
_PARTS = """
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'telemetry.sample'::regclass ORDER BY c.relname DESC
"""
LETTERS = "dead_letter"


def effects(pair: Pair) -> list[Effect]:
    text = _("They move along within minutes, the newest first. What the vans send meanwhile is not lost.")
    return [Effect(one.title, text) for one in consequences(pair.gone)]


def before(actor: Actor, gone: Company, stays: Company) -> None:
    """Ingest waits until this transaction is over. Flushes that have begun are awaited first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT telemetry.hold_for_merge(%s, %s)", [gone.pk, stays.pk])


def plan(gone: Company) -> Place:
    """Which vans have readings to move, and from where. Rows without a day of their own come first: some of them
    move into one when it is made; new ones are written for the other company by then."""
    vans = list(Vehicle.ever.filter(company=gone).order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_PARTS)
        days = [row[0] for row in cursor.fetchall()]
    parts = ["transition", *sorted(days, key=lambda name: name != "sample_default"), LETTERS]
    return {"vans": vans, "parts": parts, "at": 0, "van": 0, "moved": 0, "done": 0, "total": len(parts)}


def move(gone: int, stays: int, place: Place) -> Place | None:
    """One batch; where to go on."""
    part = place["parts"][place["at"]]
    moved, next_van = _move_letters(gone, stays) if part == LETTERS else _move_part(gone, stays, place, part)
    at = place["at"] + (next_van is None)
    if at == len(place["parts"]):
        return None
    return place | {"at": at, "van": next_van or 0, "moved": place["moved"] + moved, "done": at}


def _move_part(gone: int, stays: int, place: Place, part: str) -> tuple[int, int | None]:
    arguments: list[Any] = [gone, stays, place["vans"], part, place["van"], BATCH]
    with connection.cursor() as cursor:
        cursor.execute("SELECT moved, next_van FROM telemetry.move_readings(%s, %s, %s, %s, %s, %s)", arguments)
        moved, next_van = cursor.fetchone()
    return moved, next_van


def _move_letters(gone: int, stays: int) -> tuple[int, int | None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT telemetry.move_letters(%s, %s, %s)", [gone, stays, BATCH])
        (moved,) = cursor.fetchone()
    return moved, 0 if moved == BATCH else None


MERGE = MergePart("telemetry", effects, before=before, later=Later(plan, move))
