"""What a page shows instead of a button that an unverified company cannot use yet (VE-01)."""

from django import template

from kolonne.portal.companies.gate import Blocked, blocked
from kolonne.portal.companies.models import Company

register = template.Library()


@register.simple_tag(takes_context=True)
def gate(context: template.Context, company: Company) -> Blocked | None:
    """`{% gate company as blocked %}`, then show the button, or `companies/_blocked.html` with its `label`."""
    return blocked(context["request"].actor, company)
