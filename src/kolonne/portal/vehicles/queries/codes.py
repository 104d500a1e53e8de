"""What codes are worth that somebody made: what their maker may do at the moment."""

from collections.abc import Collection

from kolonne.portal.companies.queries import who_may_still
from kolonne.portal.vehicles.models import Handover, ModuleClaim


def worthless(right: str, codes: Collection[Handover] | Collection[ModuleClaim]) -> set[int]:
    """Ids of those whose maker may not do any more what they do: he left, was blocked, or has other roles now."""
    found = set[int]()
    for company in {code.company_id for code in codes}:
        mine = [code for code in codes if code.company_id == company]
        makers = who_may_still(right, company, {code.maker_id for code in mine})
        found |= {code.pk for code in mine if code.maker_id not in makers}
    return found
