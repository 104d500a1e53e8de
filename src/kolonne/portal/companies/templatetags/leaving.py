from typing import Any

from django import template

from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries.leaving import DELETE
from kolonne.portal.companies.queries.merging import MERGE
from kolonne.portal.lib.actor import Actor

register = template.Library()


@register.inclusion_tag("companies/_danger.html", takes_context=True)
def danger_zone(context: dict[str, Any], company: Company) -> dict[str, Any]:
    """The way to the export and the deletion, for those who may; and for everybody whether the company is leaving."""
    actor: Actor = context["request"].actor
    is_leaving = company.company.leaving_since is not None
    may = actor.may(DELETE, company.pk) and actor.acting_for is None
    may_merge = actor.may(MERGE, company.pk) and actor.acting_for is None
    about = {"may_delete": may and not is_leaving, "is_leaving": is_leaving, "is_own": company.pk in actor.rights}
    return about | {"may_merge": may_merge}
