"""A van is added by hand."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies.models import Company
from kolonne.portal.identity import limits
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.vehicles import actions, texts, vin, vin_texts
from kolonne.portal.vehicles.actions import TRANSFER
from kolonne.portal.vehicles.forms import MAX_VIN_INPUT, VehicleForm
from kolonne.portal.vehicles.models import Vehicle
from kolonne.portal.vehicles.views.access import actor_of_request, fleet_to_write
from kolonne.portal.vehicles.views.claims import remember
from kolonne.portal.vehicles.vin import Problem

LIMIT = "vin_explained"
"""Name of the limit on VINs explained while somebody types, by person."""


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_add(request: HttpRequest) -> HttpResponse:
    """Adds one van by its VIN (VH-01); an unverified company may, too (VE-01)."""
    actor = actor_of_request(request)
    company = fleet_to_write(actor)
    form = VehicleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        vehicle = _add(request, company, form)
        if vehicle is not None:
            messages.success(request, _added(vehicle, form))
            return redirect("vehicle_add" if "more" in request.POST else "vehicles")
    context = {"form": form, "company": company, "is_trusted": company.verification == Verification.VERIFIED}
    context["is_taken"] = form.has_error("vin", "vin_taken") and actor.may(TRANSFER, company.pk)
    return render(request, "vehicles/add.html", context | {"facts": vin_texts.facts(form.explained())})


@login_required
@require_GET
def vehicle_vin(request: HttpRequest) -> HttpResponse:
    """What a VIN says by itself, while it is typed (VH-01). Whether a van has it is told to nobody here (VH-02)."""
    fleet_to_write(actor_of_request(request))
    if not limits.allows(LIMIT, request.user.pk):
        return JsonResponse({}, status=429)
    explained = vin.explain(request.GET.get("vin", "")[:MAX_VIN_INPUT], this_year=timezone.now().year)
    wrong = [one for one in explained.wrong if one.problem not in (Problem.EMPTY, Problem.LENGTH) or explained.too_long]
    answer = {
        "facts": vin_texts.facts(explained),
        "problems": [vin_texts.of_problem(explained, one) for one in wrong[:3]],
        "hint": vin_texts.so_far(explained),
        "make": explained.maker,
        "modelYear": explained.model_year,
    }
    return JsonResponse(answer)


def _added(vehicle: Vehicle, form: VehicleForm) -> str:
    added = _("%(van)s was added.") % {"van": vehicle}
    known = vin_texts.summary(form.explained())
    return f"{added} {_('Its VIN says: %(known)s.') % {'known': known}}" if known else added


def _add(request: HttpRequest, company: Company, form: VehicleForm) -> Vehicle | None:
    """None when the form has to say why not."""
    actor, number, data = actor_of_request(request), form.cleaned_data["vin"], form.vehicle_data()
    try:
        return actions.add_by_hand(actor=actor, company=company, vin=number, data=data)
    except Conflict as error:
        text = texts.of_refusal(error.code, error.text)
        if error.code == "too_many_vins":
            text = texts.too_many_vins(actions.free_again(actor, company))
        if error.code == "vin_taken":
            remember(request, number, data)
        form.add_error("vin", ValidationError(text, code=error.code))
    return None
