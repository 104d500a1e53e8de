"""Vans leave a company."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.lib.actor import require
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.vehicles import actions, queries, texts
from kolonne.portal.vehicles.actions import WRITE
from kolonne.portal.vehicles.views.access import actor_of_request


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks once more, and then deletes a van that never was in service."""
    actor = actor_of_request(request)
    vehicle = queries.get_vehicle_for(actor, pk)
    require(actor, WRITE, vehicle.company_id)
    error = ""
    if request.method == "POST":
        try:
            actions.remove_vehicle(actor=actor, vehicle=vehicle)
        except Conflict as conflict:
            error = texts.of_refusal(conflict.code, conflict.text)
        else:
            messages.success(request, _("%(van)s was removed.") % {"van": vehicle})
            return redirect("vehicles")
    context = {"vehicle": vehicle, "can": queries.is_removable(vehicle), "error": error}
    return render(request, "vehicles/remove.html", context, status=409 if error else 200)
