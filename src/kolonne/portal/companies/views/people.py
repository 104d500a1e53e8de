from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kolonne.portal.companies.actions.people import note_look_at_people
from kolonne.portal.companies.gate import blocked
from kolonne.portal.companies.queries import invitations
from kolonne.portal.companies.queries import people as reads
from kolonne.portal.companies.queries.people import READ, Wanted
from kolonne.portal.identity.models import State
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed

MAX_NUMBER_LENGTH = 9
View = Callable[..., HttpResponse]


def actor_of_request(request: HttpRequest) -> Actor:
    return cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by the Scope middleware


def for_people_readers(view: View) -> View:
    """Signed-in people who may see other people somewhere."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        actor = actor_of_request(request)
        if not reads.companies_with(actor, READ) and not reads.markets_with(actor, READ):
            raise NotAllowed(READ)
        return view(request, **kwargs)

    return checked


@for_people_readers
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """The people whom the reader may see, as a table that needs no script."""
    wanted = _wanted(request)
    note_look_at_people(actor_of_request(request))
    listing = reads.list_people(actor_of_request(request), wanted)
    context = {
        **_invitations(request, wanted),
        "listing": listing,
        "page": listing.people,
        "wanted": wanted,
        "search_text": wanted.search,
        "chips": _chips(listing.states),
        "helps": reads.helps(actor_of_request(request)),
        "may_create": bool(reads.organisations_to_fill(actor_of_request(request))),
    }
    return render(request, "companies/people.html", context)


def _invitations(request: HttpRequest, wanted: Wanted) -> dict[str, Any]:
    """Who is asked into the fleet company that the list is about, and whether more can be (CO-05, VE-01)."""
    actor = actor_of_request(request)
    company = invitations.company_to_invite_to(actor, wanted.organisation)
    if company is None:
        return {"inviting": None}
    return {
        "inviting": company,
        "invitations": invitations.list_waiting(company, request.GET.get("invitations", "1")),
        "invitations_blocked": blocked(actor, company),
    }


def _wanted(request: HttpRequest) -> Wanted:
    """What the address asks for; what it cannot mean is as if it were not there."""
    state, organisation = request.GET.get("state", ""), request.GET.get("organisation", "")
    is_number = organisation.isascii() and organisation.isdigit() and len(organisation) <= MAX_NUMBER_LENGTH
    return Wanted(
        search=request.GET.get("q", "").replace("\0", "").strip()[:100],
        state=state if state in State.values else "",
        organisation=int(organisation) if is_number else None,
        page=request.GET.get("page", "1"),
    )


def _chips(states: dict[str, int]) -> list[tuple[str, str, int]]:
    """(state, words, number), those that exist; all but the deleted first."""
    everybody = sum(number for state, number in states.items() if state != State.DELETED)
    known = [(state.value, str(state.label), states[state.value]) for state in State if states.get(state.value)]
    return [("", _("All"), everybody), *known]
