"""Claims that wait for the decision of a dealer, or of the support of a market (VH-02, VE-04)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound
from kolonne.portal.vehicles import actions, texts
from kolonne.portal.vehicles.change_forms import FindingForm
from kolonne.portal.vehicles.queries import ownership
from kolonne.portal.vehicles.queries.ownership import DECIDE, Dispute
from kolonne.portal.vehicles.views.access import actor_of_request


@login_required
@require_GET
def van_claims(request: HttpRequest) -> HttpResponse:
    """What waits for this dealer or market."""
    actor = actor_of_request(request)
    _require_arbiter(actor)
    return render(request, "vehicles/van_claims.html", {"claims": ownership.disputes_for(actor)})


@login_required
@require_http_methods(["GET", "POST"])
def van_claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Both sides of one claim, which the parties do not see of each other; then the decision, asked twice."""
    actor = actor_of_request(request)
    _require_arbiter(actor)
    dispute = ownership.get_dispute_for(actor, pk)
    actions.note_look_at_dispute(actor, dispute.claim)
    form = FindingForm(request.POST if request.method == "POST" else None)
    asks_again = False
    if request.method == "POST" and form.is_valid() and "back" not in request.POST:
        asks_again = "confirm" not in request.POST
        if not asks_again and _decide(request, actor, dispute, form):
            return redirect("van_claims")
    return render(request, "vehicles/van_claim.html", {"dispute": dispute, "form": form, "asks_again": asks_again})


def _decide(request: HttpRequest, actor: Actor, dispute: Dispute, form: FindingForm) -> bool:
    """False when the form has to say why not."""
    try:
        actions.decide_claim(actor=actor, claim=dispute.claim, finding=form.finding())
    except (Conflict, Invalid) as error:
        form.add_error(None, texts.of_refusal(error.code, error.text))
        return False
    messages.success(request, _("The decision was saved. Everybody concerned is told by mail."))
    return True


def _require_arbiter(actor: Actor) -> None:
    """Raises NotFound to everybody but arbiters."""
    rights = [*actor.rights.values(), *actor.markets.values()]
    if not any(DECIDE in some for some in rights):
        raise NotFound("page")
