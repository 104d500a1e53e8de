"""What a merge of two companies does to helpers at work (CO-10): they stop."""

from kolonne.portal.companies.merge_parts import Effect, MergePart, Pair
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.support.departure import end_sessions


def effects(pair: Pair) -> list[Effect]:
    return []


def begin(actor: Actor, gone: Company, stays: Company) -> None:
    end_sessions(actor, gone)


MERGE = MergePart("support", effects, begin=begin)
