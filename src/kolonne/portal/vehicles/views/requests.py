"""Another company claims one of our vans (VH-02): the present owner's pages."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions, hooks, texts
from kolonne.portal.vehicles.queries import ownership
from kolonne.portal.vehicles.views.access import actor_of_request


@login_required
@require_GET
def vehicle_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Who claims which van, and until when to answer."""
    asked = ownership.get_request_for(actor_of_request(request), pk)
    return render(request, "vehicles/request.html", {"asked": asked})


@login_required
@require_http_methods(["GET", "POST"])
def request_release(request: HttpRequest, pk: int) -> HttpResponse:
    """Says what follows, and then lets the van go."""
    actor = actor_of_request(request)
    asked = ownership.get_request_for(actor, pk)
    error = ""
    if request.method == "POST":
        try:
            actions.release_van(actor=actor, request=asked)
        except Conflict as conflict:
            error = texts.of_refusal(conflict.code, conflict.text)
        else:
            messages.success(request, _("%(van)s was released.") % {"van": asked.vehicle})
            return redirect("vehicles_removed")
    with company_scope([asked.company_id]):
        leaving = hooks.consequences_of(asked.vehicle)
    context = {"asked": asked, "vehicle": asked.vehicle, "leaving": leaving, "error": error}
    return render(request, "vehicles/request_release.html", context, status=409 if error else 200)


@login_required
@require_POST
def request_object(request: HttpRequest, pk: int) -> HttpResponse:
    """The van is ours: the other company can go to a dealer."""
    actor = actor_of_request(request)
    asked = ownership.get_request_for(actor, pk)
    try:
        actions.object_to_claim(actor=actor, request=asked)
    except Conflict as conflict:
        messages.error(request, texts.of_refusal(conflict.code, conflict.text))
    else:
        messages.success(request, _("Your objection is told to the other company."))
    return redirect("vehicle_request", pk=pk)
