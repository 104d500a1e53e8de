from dataclasses import replace
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kolonne.portal.fleet.queries import Wanted

register = template.Library()
_LOW_PERCENT = 20
_MIDDLE_PERCENT = 40


@register.simple_tag
def list_address(wanted: Wanted, *, search: str | None = None, state: str | None = None, page: int = 1) -> str:
    """The same list with something else wanted; every change but that of the page goes back to the first page."""
    other = replace(
        wanted,
        search=wanted.search if search is None else search,
        state=wanted.state if state is None else state,
        page=str(page),
    )
    sort = f"{'-' if other.descending else ''}{other.sort}"
    words = {"q": other.search, "state": other.state, "sort": sort, "page": other.page}
    defaults = {"q": "", "state": "", "sort": "plate", "page": "1"}
    query = urlencode({name: word for name, word in words.items() if word != defaults[name]})
    return f"?{query}"


@register.simple_tag
def list_heading(wanted: Wanted, sort: str, label: str) -> SafeString:
    """A column's heading that sorts by it, and the other way round at the second click."""
    is_current = wanted.sort == sort
    descending = is_current and not wanted.descending
    address = list_address(replace(wanted, sort=sort, descending=descending))
    order = format_html(' aria-sort="{}"', "descending" if wanted.descending else "ascending") if is_current else ""
    arrow = (" ↓" if wanted.descending else " ↑") if is_current else ""
    return format_html('<th scope="col"{}><a href="{}">{}{}</a></th>', order, address, label, arrow)


@register.filter
def level_class(percent: float) -> str:
    if percent < _LOW_PERCENT:
        return "is-low"
    return "is-mid" if percent < _MIDDLE_PERCENT else ""
