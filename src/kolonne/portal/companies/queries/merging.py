"""What is asked about the merge of two companies (CO-10)."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from kolonne.portal.companies.merge_parts import Effect, Pair, merge_parts
from kolonne.portal.companies.models import Company, Kind, Merge, Tenant
from kolonne.portal.companies.queries.rights import who_may_still
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import case_scope, company_scope

MERGE = "companies.company:merge"
STAYS_BEHIND = {
    "audit_entry": "what was done in a company stays its own chain, readable by the administrators of the other",
    "companies_company": "the company's own row; it is removed when all others have gone",
    "companies_companyversion": "generations of the company's data; kept with the merge when its row is removed",
    "telemetry.sample": "very many rows; they follow in batches",
    "telemetry.transition": "very many rows; they follow in batches",
    "telemetry.dead_letter": "follow in batches, and are addressed to the other company from the beginning",
}
"""Tables whose rows do not move at once with all others, and why."""
_UNIQUE = """
    SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, pg_get_expr(i.indpred, i.indrelid),
        ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
              AND a.attname <> 'company_id' ORDER BY a.attnum)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_attribute own ON own.attrelid = i.indrelid AND own.attname = 'company_id' AND own.attnum = ANY (i.indkey)
    WHERE i.indisunique AND i.indexprs IS NULL AND c.relkind = 'r' AND NOT c.relispartition AND c.relrowsecurity
    ORDER BY 1
"""


@dataclass(frozen=True)
class Preview:
    """Everything that the merge would do now."""

    pair: Pair
    effects: list[Effect]
    clashes: list[str]
    """Tables in which both have what can be there once only: then it cannot be done."""


def pair_of(merge: Merge) -> Pair:
    """Both companies as they are now. Raises NotFound while nobody has used the code, and when one is gone."""
    ids = [merge.stays_id, merge.gone_id or 0]
    with company_scope(ids):
        found = Company.objects.select_related("company__market").in_bulk(ids)
    if len(found) != len(ids):
        raise NotFound("merge")
    return Pair(gone=found[ids[1]], stays=found[ids[0]])


def preview_of(merge: Merge) -> Preview:
    """From the real state of both; nothing is done by that."""
    pair = pair_of(merge)
    with company_scope([pair.gone.pk, pair.stays.pk]):
        parts = sorted(merge_parts(), key=lambda part: part.order)
        effects = [effect for part in parts for effect in part.effects(pair)]
        return Preview(pair, effects, clashes(pair))


def clashes(pair: Pair) -> list[str]:
    """In which tables both have something that one company can have once only, and that no part clears away. Every
    unique index of the database is looked at, also those that nobody thought of here. Needs the scope of both."""
    solved = {name for part in merge_parts() for name in part.solves}
    with connection.cursor() as cursor:
        cursor.execute(_UNIQUE)
        indexes = [row for row in cursor.fetchall() if row[0] not in solved and row[1] not in STAYS_BEHIND]
        return sorted({table for _, table, where, columns in indexes if _clash(cursor, table, where, columns, pair)})


def _clash(cursor: object, table: str, where: str | None, columns: list[str], pair: Pair) -> bool:
    names = ", ".join(f'"{name}"' for name in columns) or "1"
    one = f"SELECT {names} FROM {table} WHERE company_id = %s AND ({where or 'true'})"  # noqa: S608  # of the catalogue
    known = " AND ".join(f'"{name}" IS NOT NULL' for name in columns) or "true"
    sql = f"SELECT EXISTS ({one} AND {known} INTERSECT {one})"
    cursor.execute(sql.replace("%", "%%").replace("%%s", "%s"), [pair.gone.pk, pair.stays.pk])  # type: ignore[attr-defined]
    return bool(cursor.fetchone()[0])  # type: ignore[attr-defined]


def open_merge_of(company_id: int) -> Merge | None:
    """The one that is being prepared or carried out, in which the company takes part on either side."""
    with company_scope([company_id]):
        mine = Merge.objects.filter(Q(stays=company_id) | Q(gone=company_id), stopped_at=None, done_at=None)
        waiting = mine.filter(Q(confirmed_at__isnull=False) | Q(expires_at__gt=timezone.now()))
        found = waiting.order_by("confirmed_at", "-pk").first()
    is_worthless = found is not None and found.gone_id is None and not _stands(found)
    return None if is_worthless else found


def merge_for(actor: Actor, pk: int) -> Merge:
    """One that the actor may prepare on one of its sides. Raises NotFound to strangers."""
    mine = [company for company in actor.company_ids if actor.may(MERGE, company)]
    with company_scope(mine):
        merge = Merge.objects.filter(Q(stays__in=mine) | Q(gone__in=mine), pk=pk).first()
    if merge is None or merge.gone_id is None or (merge.asked_at is None and merge.gone_id not in mine):
        raise NotFound("merge")  # nobody sees the other company before it has confirmed
    return merge


def merge_of_code(code: str) -> Merge | None:
    """None also when whoever made the code may not do that any more."""
    with case_scope(code):
        merge = Merge.objects.filter(code=code).first()
    return merge if merge is not None and _stands(merge) else None


def _stands(merge: Merge) -> bool:
    """Whether whoever made the code may still do that for the company that stays."""
    return merge.made_by_id in who_may_still(MERGE, merge.stays_id, [merge.made_by_id])


def is_asked(merge: Merge) -> bool:
    """Whether the company that goes has confirmed, by somebody who may still speak for it."""
    if merge.asked_at is None or merge.gone_id is None:
        return False
    return merge.asked_by_id in who_may_still(MERGE, merge.gone_id, [merge.asked_by_id])


def past_merges(company_id: int) -> list[Merge]:
    """Which companies have become part of this one, newest first."""
    with company_scope([company_id]):
        return list(Merge.objects.filter(stays=company_id, done_at__isnull=False).order_by("-done_at"))


def running_merges() -> list[tuple[int, int]]:
    """(gone, stays) of all merges that are not finished, for the job."""
    rows = Tenant.objects.filter(merged_into__isnull=False, closed_at=None).order_by("pk")
    return list(rows.values_list("pk", "merged_into_id"))


def own_partners(actor: Actor, company: Company) -> list[Company]:
    """Other companies of the market that the actor administers, by name."""
    ids = [pk for pk in actor.company_ids if pk != company.pk and actor.may(MERGE, pk)]
    with company_scope(ids):
        found = Company.objects.filter(pk__in=ids, company__market=company.market_id, company__kind=Kind.FLEET)
        return list(found.select_related("company").order_by("name", "pk"))


def is_known_to_be_real(pair: Pair) -> bool:
    """Both were verified; or the one that goes is a second registration of the other, under one of its numbers."""
    gone, stays = pair.gone, pair.stays
    if stays.verification != Verification.VERIFIED:
        return False
    same = any(
        getattr(gone, field) and getattr(gone, field).lower() == getattr(stays, field).lower()
        for field in ("register_number", "vat_number")
    )
    return gone.verification == Verification.VERIFIED or same
