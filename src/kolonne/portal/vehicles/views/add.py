"""A van is added by hand."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.companies.models import Company
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.vehicles import actions, texts
from kolonne.portal.vehicles.forms import VehicleForm
from kolonne.portal.vehicles.models import Vehicle
from kolonne.portal.vehicles.views.access import actor_of_request, fleet_to_write


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_add(request: HttpRequest) -> HttpResponse:
    """Adds one van by its VIN (VH-01); an unverified company may, too (VE-01)."""
    actor = actor_of_request(request)
    company = fleet_to_write(actor)
    form = VehicleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        vehicle = _add(actor, company, form)
        if vehicle is not None:
            messages.success(request, _("%(van)s was added.") % {"van": vehicle})
            return redirect("vehicle_add" if "more" in request.POST else "vehicles")
    is_trusted = company.verification == Verification.VERIFIED
    return render(request, "vehicles/add.html", {"form": form, "company": company, "is_trusted": is_trusted})


def _add(actor: Actor, company: Company, form: VehicleForm) -> Vehicle | None:
    """None when the form has to say why not."""
    try:
        return actions.add_by_hand(actor=actor, company=company, vin=form.cleaned_data["vin"], data=form.vehicle_data())
    except Conflict as error:
        form.add_error("vin", texts.of_refusal(error.code, error.text))
    return None
