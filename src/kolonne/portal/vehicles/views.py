from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.vehicles import actions, queries, texts
from kolonne.portal.vehicles.actions import WRITE
from kolonne.portal.vehicles.forms import VehicleForm
from kolonne.portal.vehicles.models import Vehicle


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_add(request: HttpRequest) -> HttpResponse:
    """Adds one van by its VIN (VH-01); an unverified company may, too (VE-01)."""
    actor = _actor(request)
    company = _company(actor)
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


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks once more, and then deletes a van that never was in service."""
    actor = _actor(request)
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


def _actor(request: HttpRequest) -> Actor:
    return cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by the Scope middleware


def _company(actor: Actor) -> Company:
    """The company that is open now. Raises NotAllowed to those who add no vans to it."""
    mine = [pk for pk in actor.company_ids if actor.may(WRITE, pk)]
    company = Company.objects.select_related("company").filter(pk__in=mine, company__kind=Kind.FLEET).first()
    if company is None:
        raise NotAllowed(WRITE)
    return company
