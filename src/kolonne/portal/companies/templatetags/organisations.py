from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from django import template

from kolonne.portal.companies.queries.directory import Wanted

register = template.Library()


@register.simple_tag
def organisations_address(wanted: Wanted, *, search: str | None = None, kind: str | None = None, page: int = 1) -> str:
    """The same list with something else wanted; every change but that of the page goes back to the first page."""
    other = replace(
        wanted,
        search=wanted.search if search is None else search,
        kind=wanted.kind if kind is None else kind,
        page=str(page),
    )
    words = {"q": other.search, "kind": other.kind, "page": other.page}
    return "?" + urlencode({name: word for name, word in words.items() if word not in {"", "1"}})


@register.filter
def of_key(values: Mapping[int, str], key: int) -> str:
    """A value of a dictionary by a key that is not written in the template."""
    return values.get(key, "–")
