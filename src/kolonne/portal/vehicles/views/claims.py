"""A VIN that is taken, and how the van comes to whom it belongs (VH-02): the claimant's pages."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies.gate import blocked
from kolonne.portal.companies.queries.directory import dealer
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.vehicles import actions, texts
from kolonne.portal.vehicles.actions import TRANSFER, VehicleData
from kolonne.portal.vehicles.change_forms import SUPPORT, ArbiterForm
from kolonne.portal.vehicles.models import Claim
from kolonne.portal.vehicles.queries import ownership
from kolonne.portal.vehicles.views.access import actor_of_request, fleet_to_write

SESSION = "taken_vin"
"""Session key: the VIN that was taken when it was typed, and what else was typed of the van. The page works with
nothing else, so that it tells of no VIN what the counted way of adding one does not."""


def remember(request: HttpRequest, vin: str, data: VehicleData) -> None:
    """For the page about the taken VIN, which comes next."""
    request.session[SESSION] = {"vin": vin, "data": vars(data)}


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_taken(request: HttpRequest) -> HttpResponse:
    """The ways to a van whose VIN is taken; asks the present owner, of whom the page says nothing."""
    actor = actor_of_request(request)
    company = fleet_to_write(actor)
    taken: dict[str, Any] | None = request.session.get(SESSION)
    if taken is None:
        return redirect("vehicle_add")
    error = ""
    if request.method == "POST":
        try:
            data = VehicleData(**taken["data"])
            claim = actions.ask_owner(actor=actor, company=company, vin=taken["vin"], data=data)
        except Conflict as conflict:
            error = texts.of_refusal(conflict.code, conflict.text)
        else:
            del request.session[SESSION]
            messages.success(request, _("The present owner is asked by mail."))
            return redirect("vehicle_claim", pk=claim.pk)
    context = {"vin": taken["vin"], "company": company, "error": error, "days": settings.CLAIM_DAYS}
    context |= {"blocked": blocked(actor, company), "partner": dealer(company.partner_id)}
    context |= {"market": company.company.market, "may_ask": actor.may(TRANSFER, company.pk)}
    return render(request, "vehicles/taken.html", context, status=409 if error else 200)


@login_required
@require_GET
def vehicle_claim(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a claim is, and what can be done next."""
    claim = ownership.get_claim_for(actor_of_request(request), pk)
    return render(request, "vehicles/claim.html", _about(claim))


@login_required
@require_http_methods(["GET", "POST"])
def claim_dealer(request: HttpRequest, pk: int) -> HttpResponse:
    """Chooses who shall decide, when the owner does not let the van go."""
    actor = actor_of_request(request)
    claim = ownership.get_claim_for(actor, pk)
    dealers = [(str(one.pk), str(one)) for one in ownership.arbiters_of(claim.company)]
    choices = [*dealers, (SUPPORT, _("The support of your market"))]
    form = ArbiterForm(choices, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.take_to_dealer(actor=actor, claim=claim, dealer_id=form.dealer_id())
        except Conflict as conflict:
            form.add_error(None, texts.of_refusal(conflict.code, conflict.text))
        else:
            messages.success(request, _("The claim waits for a decision. Show your papers there."))
            return redirect("vehicle_claim", pk=pk)
    return render(request, "vehicles/claim_dealer.html", {"claim": claim, "form": form})


Act = Callable[[Actor, Claim], str]


def _withdraw(actor: Actor, claim: Claim) -> str:
    actions.withdraw_claim(actor=actor, claim=claim)
    return _("The claim was withdrawn.")


def _add(actor: Actor, claim: Claim) -> str:
    return _("%(van)s was added.") % {"van": actions.add_claimed(actor=actor, claim=claim)}


ACTS: dict[str, tuple[Act, str]] = {"withdraw": (_withdraw, "vehicle_transfers"), "add": (_add, "vehicles")}


@login_required
@require_http_methods(["GET", "POST"])
def claim_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Withdraws a claim, or adds the van that is kept; asked once more by the page of the claim itself."""
    actor = actor_of_request(request)
    claim = ownership.get_claim_for(actor, pk)
    run, then = ACTS[act]
    if request.method == "POST":
        try:
            messages.success(request, run(actor, claim))
        except Conflict as conflict:
            context = _about(claim) | {"error": texts.of_refusal(conflict.code, conflict.text)}
            return render(request, "vehicles/claim.html", context, status=409)
        return redirect(then)
    return render(request, "vehicles/claim_act.html", {"claim": claim, "act": act})


def _about(claim: Claim) -> dict[str, object]:
    arbiter = dealer(claim.dealer_id)
    return {"claim": claim, "arbiter": arbiter, "market": claim.company.company.market}


@login_required
@require_GET
def vehicle_transfers(request: HttpRequest) -> HttpResponse:
    """Everything of the company that changes hands."""
    actor = actor_of_request(request)
    if not ownership.mine(actor):
        raise NotAllowed(TRANSFER)
    return render(request, "vehicles/transfers.html", {"changes": ownership.changes_of(actor)})
