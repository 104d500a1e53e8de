"""The seller hands a van over with a code, and the buyer uses it (VH-09)."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kolonne.portal.companies import codes
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions, hooks, queries, texts
from kolonne.portal.vehicles.actions import TRANSFER, Offered, VehicleData
from kolonne.portal.vehicles.change_forms import OfferForm, TakeOverForm
from kolonne.portal.vehicles.queries import ownership
from kolonne.portal.vehicles.views.access import actor_of_request, fleet_to_write


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def vehicle_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Says what follows when somebody uses the code, and then shows it, this once."""
    actor = actor_of_request(request)
    vehicle = queries.get_vehicle_for(actor, pk)
    require(actor, TRANSFER, vehicle.company_id)
    form = OfferForm(request.POST if request.method == "POST" else None)
    with company_scope([vehicle.company_id]):
        context = {"vehicle": vehicle, "form": form, "days": settings.HANDOVER_DAYS}
        context["leaving"] = hooks.consequences_of(vehicle)
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["customer_number"]
        try:
            made, code = actions.offer_van(actor=actor, vehicle=vehicle, customer_number=number)
        except Conflict as conflict:
            form.add_error(None, texts.of_refusal(conflict.code, conflict.text))
        else:
            context |= {"handover": made, "code": codes.grouped(code)}
    return render(request, "vehicles/hand_over.html", context)


@login_required
@require_POST
def handover_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """The code opens nothing any more."""
    actor = actor_of_request(request)
    try:
        actions.revoke_offer(actor=actor, handover=ownership.get_handover_for(actor, pk))
    except Conflict as conflict:
        messages.error(request, texts.of_refusal(conflict.code, conflict.text))
    else:
        messages.success(request, _("The code was revoked: nobody can use it any more."))
    return redirect("vehicle_transfers")


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_take_over(request: HttpRequest) -> HttpResponse:
    """Shows which van a code is for, and after a second click takes it over."""
    actor = actor_of_request(request)
    company = fleet_to_write(actor)
    require(actor, TRANSFER, company.pk)
    form = TakeOverForm(request.POST if request.method == "POST" else None)
    offered = None
    if request.method == "POST" and form.is_valid():
        if "confirm" in request.POST:
            if _take_over(request, actor, company, form):
                return redirect("vehicles")
        else:
            offered = _look(actor, company, form)
    return render(request, "vehicles/take_over.html", {"form": form, "offered": offered, "company": company})


def _look(actor: Actor, company: Company, form: TakeOverForm) -> Offered | None:
    """None when the form has to say why not."""
    try:
        return actions.look_at_offer(actor=actor, company=company, code=form.cleaned_data["code"])
    except (NotFound, Conflict) as error:
        form.add_error("code", texts.of_code(error.code, error.text))
    return None


def _take_over(request: HttpRequest, actor: Actor, company: Company, form: TakeOverForm) -> bool:
    data = VehicleData(plate=form.cleaned_data["plate"], name=form.cleaned_data["name"])
    try:
        van = actions.take_over(actor=actor, company=company, code=form.cleaned_data["code"], data=data)
    except (NotFound, Conflict) as error:
        form.add_error("code", texts.of_code(error.code, error.text))
        return False
    messages.success(request, _("%(van)s is in your company now.") % {"van": van})
    return True
