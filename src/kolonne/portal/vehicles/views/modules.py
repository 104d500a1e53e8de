"""The communication modules of a van: who is in charge of what, who comes in, and who goes."""

from dataclasses import dataclass
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kolonne.portal.lib.actor import require
from kolonne.portal.lib.errors import Conflict, NotFound
from kolonne.portal.vehicles import actions, modules, queries, texts
from kolonne.portal.vehicles.actions.modules import MODULE_WRITE
from kolonne.portal.vehicles.models import Module, ModuleClaim, ModuleStatus, Vehicle
from kolonne.portal.vehicles.module_forms import ProvidesForm
from kolonne.portal.vehicles.queries.codes import worthless
from kolonne.portal.vehicles.views.access import actor_of_request


@dataclass(frozen=True)
class Shown:
    """A code, for the one time that it is shown."""

    code: str
    command: str
    drawing: SafeString


@login_required
@require_safe
def vehicle_modules(request: HttpRequest, pk: int) -> HttpResponse:
    """What speaks for the van, and what waits to."""
    vehicle = _van(request, pk)
    return render(request, "vehicles/modules.html", _page(request, vehicle))


@login_required
@require_http_methods(["GET", "POST"])
def module_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Makes a code for one more device, and shows it this once."""
    vehicle = _van(request, pk)
    require(actor_of_request(request), MODULE_WRITE, vehicle.company_id)
    form = ProvidesForm(request.POST if request.method == "POST" else None)
    hours = settings.ENROLMENT_CODE_HOURS
    context = {"vehicle": vehicle, "form": form, "hours": hours, "is_first": not _active(vehicle)}
    if request.method == "POST" and form.is_valid():
        try:
            claim, code = actions.make_module_claim(
                actor=actor_of_request(request), vehicle=vehicle, provides=form.provides()
            )
        except Conflict as error:
            form.add_error(None, texts.of_refusal(error.code, error.text))
        else:
            shown = _shown(code)
            return render(request, "vehicles/module_code.html", {"vehicle": vehicle, "claim": claim, "shown": shown})
    return render(request, "vehicles/module_add.html", context)


@login_required
@require_POST
def module_claim_withdraw(request: HttpRequest, pk: int, claim: int) -> HttpResponse:
    vehicle = _van(request, pk)
    found = ModuleClaim.objects.filter(vehicle=vehicle, pk=claim).first()
    if found is None:
        raise NotFound("code")
    try:
        actions.withdraw_module_claim(actor=actor_of_request(request), claim=found)
        messages.success(request, _("The code opens nothing any more."))
    except Conflict as error:
        messages.error(request, texts.of_refusal(error.code, error.text))
    return redirect("vehicle_modules", vehicle.pk)


@login_required
@require_POST
def module_in_charge(request: HttpRequest, pk: int, module: int) -> HttpResponse:
    vehicle, found = _module(request, pk, module)
    try:
        actions.put_in_charge(actor=actor_of_request(request), module=found)
        messages.success(request, _("%(serial)s is in charge now.") % {"serial": found.serial})
    except Conflict as error:
        messages.error(request, texts.of_refusal(error.code, error.text))
    return redirect("vehicle_modules", vehicle.pk)


@login_required
@require_http_methods(["GET", "POST"])
def module_provides(request: HttpRequest, pk: int, module: int) -> HttpResponse:
    """Which signals this module is asked for."""
    vehicle, found = _module(request, pk, module)
    require(actor_of_request(request), MODULE_WRITE, vehicle.company_id)
    form = ProvidesForm(request.POST if request.method == "POST" else None, chosen=found.provides)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_provides(actor=actor_of_request(request), module=found, provides=form.provides())
            messages.success(request, _("Saved: the module is told at once."))
        except Conflict as error:
            messages.error(request, texts.of_refusal(error.code, error.text))
        return redirect("vehicle_modules", vehicle.pk)
    return render(request, "vehicles/module_provides.html", {"vehicle": vehicle, "module": found, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def module_revoke(request: HttpRequest, pk: int, module: int) -> HttpResponse:
    """Asks once more, and then cuts the module off."""
    vehicle, found = _module(request, pk, module)
    require(actor_of_request(request), MODULE_WRITE, vehicle.company_id)
    if request.method == "POST":
        try:
            actions.revoke_module(actor=actor_of_request(request), module=found)
            messages.success(request, _("%(serial)s is cut off.") % {"serial": found.serial})
        except Conflict as error:
            messages.error(request, texts.of_refusal(error.code, error.text))
        return redirect("vehicle_modules", vehicle.pk)
    is_last = not _active(vehicle).exclude(pk=found.pk)
    return render(request, "vehicles/module_revoke.html", {"vehicle": vehicle, "module": found, "is_last": is_last})


def _van(request: HttpRequest, pk: int) -> Vehicle:
    return queries.get_vehicle_for(actor_of_request(request), pk)


def _module(request: HttpRequest, pk: int, module: int) -> tuple[Vehicle, Module]:
    """Raises NotFound, also for one that is not in service any more."""
    vehicle = _van(request, pk)
    found = _active(vehicle).filter(pk=module).first()
    if found is None:
        raise NotFound("module")
    return vehicle, found


def _active(vehicle: Vehicle) -> Any:
    return Module.objects.filter(vehicle=vehicle, status=ModuleStatus.ACTIVE)


def _page(request: HttpRequest, vehicle: Vehicle) -> dict[str, Any]:
    claims = list(modules.open_claims(vehicle))
    return {
        "vehicle": vehicle,
        "modules": modules.of_van(vehicle),
        "claims": claims,
        "worthless": worthless(MODULE_WRITE, claims),
        "may_write": actor_of_request(request).may(MODULE_WRITE, vehicle.company_id),
        "takes_certificates": settings.CONFIG.mqtt_tls,
    }


def _shown(code: str) -> Shown:
    command = f"kolonne module --serial SERIAL --platform {settings.PUBLIC_URL} --claim {code}"
    drawing = segno.make(f"{settings.PUBLIC_URL} {code}", error="m", micro=False).svg_inline(
        scale=5, border=3, light="#fff", dark="#000"
    )
    return Shown(code, command, mark_safe(drawing))  # noqa: S308  # a drawing of ours; the code has no markup in it
