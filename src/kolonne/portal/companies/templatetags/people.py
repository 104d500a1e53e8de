from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlencode

from django import template

from kolonne.portal.audit import texts
from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.models import Role
from kolonne.portal.companies.queries.deletions import due_on
from kolonne.portal.companies.queries.people import Wanted
from kolonne.portal.lib import phone

register = template.Library()


@register.simple_tag
def people_address(wanted: Wanted, *, search: str | None = None, state: str | None = None, page: int = 1) -> str:
    """The same list with something else wanted; every change but that of the page goes back to the first page."""
    other = replace(
        wanted,
        search=wanted.search if search is None else search,
        state=wanted.state if state is None else state,
        page=str(page),
    )
    words = {"q": other.search, "state": other.state, "organisation": other.organisation or "", "page": other.page}
    defaults = {"q": "", "state": "", "organisation": "", "page": "1"}
    return "?" + urlencode({name: word for name, word in words.items() if word != defaults[name]})


@register.simple_tag
def invitations_address(wanted: Wanted, page: int) -> str:
    """Another page of the invitations beside the same people."""
    here = people_address(wanted)
    return f"{here}{'&' if here != '?' else ''}invitations={page}#invitations"


@register.filter
def address_in_words(address: str) -> str:
    """An e-mail address as it is, a number as people read it."""
    return phone.written(address) if address.startswith("+") else address


@register.filter
def deletion_until(asked_at: datetime) -> date:
    """The last day on which the administrators of somebody who asked to be deleted have to act (CO-06)."""
    return due_on(asked_at)


@register.filter
def verb_in_words(verb: str) -> str:
    """What was done, in the reader's language."""
    return texts.words(verb)


@register.filter
def role_labels(roles: list[str]) -> list[str]:
    """In the language of the page or mail."""
    return [str(Role(role).label) for role in roles]


@register.filter
def who_did(entry: Entry) -> str:
    """Whom an entry names as the one who did it."""
    return texts.name_in_words(entry.actor, entry.user_id)
