"""Vans leave a company, and what is left of them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import require
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions, hooks, queries, texts
from kolonne.portal.vehicles.actions import TRANSFER
from kolonne.portal.vehicles.queries import ownership
from kolonne.portal.vehicles.views.access import actor_of_request


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Says what follows, and then removes a van; one that never was in service is deleted (VH-05)."""
    actor = actor_of_request(request)
    vehicle = queries.get_vehicle_for(actor, pk)
    require(actor, TRANSFER, vehicle.company_id)
    error = ""
    if request.method == "POST":
        try:
            is_kept = actions.remove_vehicle(actor=actor, vehicle=vehicle)
        except Conflict as conflict:
            error = texts.of_refusal(conflict.code, conflict.text)
        else:
            messages.success(request, _("%(van)s was removed.") % {"van": vehicle})
            return redirect("vehicles_removed" if is_kept else "vehicles")
    context = {"vehicle": vehicle, "is_new": queries.is_removable(vehicle), "error": error}
    context["leaving"] = hooks.consequences_of(vehicle)
    return render(request, "vehicles/remove.html", context, status=409 if error else 200)


@login_required
@require_GET
def vehicles_removed(request: HttpRequest) -> HttpResponse:
    """Vans that left the company, and which of their readings are still visible (VH-05)."""
    actor = actor_of_request(request)
    companies = queries.companies_with_vans(actor)
    if not companies:
        raise NotAllowed(queries.READ)
    with company_scope(companies):
        found = Company.objects.filter(pk__in=companies)
        visible = sorted({name for company in found for name in hooks.what_stays_visible(company)})
    page = ownership.removed_vans(actor, request.GET.get("page", "1"))
    return render(request, "vehicles/removed.html", {"page": page, "visible": visible})
