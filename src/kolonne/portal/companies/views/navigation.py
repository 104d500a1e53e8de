"""The way around user management: only what exists and what this person may open."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from kolonne.portal.companies.queries import inbox
from kolonne.portal.lib.actor import Actor

MEMBER_READ = "companies.member:read"
CUSTOMERS = "companies.customer:read"
_NAMES = (
    *("people", "person", "request", "organisation", "site_", "access_", "market", "audit"),
    *("verification", "company_"),
)
_OTHERS = ("request_release", "request_object")
"""Answers to who claims a van: pages about vans."""


@dataclass(frozen=True)
class Entry:
    """A page of user management."""

    label: str
    url: str
    current: bool
    count: int = 0
    """What waits there."""


@dataclass(frozen=True)
class _Page:
    label: str
    name: str
    """Of the URL."""
    below: tuple[str, ...]
    """How the names of the pages below it begin."""
    right: str
    where: tuple[str, ...] = ("company", "market")
    """Where the right counts: in the open company, in a market."""


def um(request: HttpRequest) -> dict[str, Any]:
    """`um_entries` for the pages of user management; costs nothing elsewhere."""
    actor: Actor | None = getattr(request, "actor", None)
    return {"um_entries": partial(_entries, request, actor) if actor is not None else ()}


def address_of(actor: Actor) -> str:
    """Where user management begins for somebody; empty when it has nothing for him."""
    return reverse("people") if _may(actor, MEMBER_READ, ("company", "market")) else ""


def home_of(actor: Actor) -> str:
    """What somebody who has no vans came for: a dealer's customers, else user management; empty when neither."""
    return reverse("customers") if _may(actor, CUSTOMERS, ("company",)) else address_of(actor)


def is_page(name: str | None) -> bool:
    """Whether a URL's name is one of user management's."""
    return (name or "").startswith(_NAMES) and name not in _OTHERS


def _pages(actor: Actor) -> list[_Page]:
    people = _Page(_("People"), "people", ("person", "people_"), MEMBER_READ)
    requests = _Page(_("Requests"), "requests", ("request",), inbox.RIGHT)
    company_read = "companies.company:read"
    if _may(actor, company_read, ("market",)):
        organisations = _Page(_("Organisations"), "organisations", ("organisation", "site_"), company_read, ("market",))
    else:
        write = "companies.company:write"
        below = ("organisation", "site_", "company_del")
        organisations = _Page(_("Company"), "organisation", below, write, ("company",))
    return [
        people,
        requests,
        organisations,
        _Page(_("Verification"), "verification", ("verification",), "companies.case:ask", ("company",)),
        _Page(_("Remote checks"), "customers", ("customer",), "companies.case:write", ("market",)),
        _Page(_("Claimed vans"), "van_claims", ("van_claim",), "vehicles.claim:decide"),
        _Page(_("Export"), "company_export", ("company_export",), "companies.company:export", ("company",)),
        _Page(_("Access rights"), "access_rights", ("access_",), "companies.application:grant"),
        _Page(_("Market"), "market", ("market_",), "companies.market:write", ("market",)),
        _Page(_("Audit"), "audit", ("audit_",), "companies.audit:read"),
    ]


def _entries(request: HttpRequest, actor: Actor) -> list[Entry]:
    here = (request.resolver_match.url_name if request.resolver_match else "") or ""
    found = []
    for page in _pages(actor):
        url = _address(page, actor) if _may(actor, page.right, page.where) else ""
        if url:
            waiting = inbox.open_count(actor) if page.name == "requests" else 0
            found.append(Entry(page.label, url, here == page.name or here.startswith(page.below), waiting))
    return found


def _may(actor: Actor, right: str, where: tuple[str, ...]) -> bool:
    rights = {"company": actor.rights.values(), "market": actor.markets.values()}
    return any(right in some for place in where for some in rights[place])


def _address(page: _Page, actor: Actor) -> str:
    """Empty when this installation has no such page."""
    try:
        return reverse(page.name, args=actor.company_ids[:1] if page.name == "organisation" else [])
    except NoReverseMatch:
        return ""
