"""What a merge of two companies does to commands (CO-10): those under way reach their vans."""

from django.db import connection

from kolonne.portal.companies.merge_parts import Effect, MergePart, Pair
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor


def effects(pair: Pair) -> list[Effect]:
    return []


def before(actor: Actor, gone: Company, stays: Company) -> None:
    """Two programs may have numbered their requests alike."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT commands_drop_keys(%s, %s)", [gone.pk, stays.pk])


MERGE = MergePart("commands", effects, before=before, solves=frozenset({"commands_command_once"}))
