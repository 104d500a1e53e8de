from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kolonne.portal.commands import actions, queries, texts
from kolonne.portal.commands.forms import CommandForm, PinForm
from kolonne.portal.commands.lifecycle import CommandView
from kolonne.portal.commands.permissions import UNLOCK
from kolonne.portal.identity.models import User
from kolonne.portal.lib import problems
from kolonne.portal.lib.errors import Invalid, KolonneError
from kolonne.portal.vehicles.models import Vehicle
from kolonne.portal.vehicles.queries import get_vehicle_for


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def vehicle_commands(request: HttpRequest, pk: int) -> HttpResponse:
    """The last commands of a van, and the door for new ones; answers scripts in JSON and forms with a page."""
    try:
        vehicle = get_vehicle_for(request.actor, pk)  # type: ignore[attr-defined]  # set by the Scope middleware
        if request.method == "POST":
            return _give(request, vehicle)
    except KolonneError as error:
        if problems.wants_json(request):
            return problems.of_error(error, detail=refusal_text(error))
        raise
    shown = [labelled(view) for view in queries.recent_commands(vehicle)]
    if problems.wants_json(request):
        return JsonResponse({"commands": shown})
    return _page(request, vehicle, shown)


def _page(request: HttpRequest, vehicle: Vehicle, shown: list[dict[str, Any]]) -> HttpResponse:
    """The list, and the form that asks for the PIN where no script does."""
    for command in shown:
        for step in command["steps"]:
            step["moment"] = datetime.fromisoformat(step["at"])
    context = {
        "vehicle": vehicle,
        "commands": shown,
        "may_unlock": request.actor.may(UNLOCK, vehicle.company_id),  # type: ignore[attr-defined]  # set by Scope
        "form_key": uuid4(),
    }
    return render(request, "commands/vehicle_commands.html", context)


def _give(request: HttpRequest, vehicle: Vehicle) -> HttpResponse:
    form = CommandForm(request.POST)
    if not form.is_valid():
        raise Invalid("unknown_command", "no command was named", {"command": "the name of a command"})
    try:
        command = actions.request_command(
            actor=request.actor,  # type: ignore[attr-defined]  # set by the Scope middleware
            vehicle=vehicle,
            order=form.order(),
            idempotency_key=form.cleaned_data["key"] or None,
        )
    except KolonneError as error:
        if problems.wants_json(request):
            raise
        messages.error(request, refusal_text(error))
        if error.code == "pin_missing":
            return redirect("vehicle_commands", pk=vehicle.pk)
        return _back(request, form, vehicle)
    if problems.wants_json(request):
        return JsonResponse({"command": labelled(queries.view_of(command))}, status=202)
    messages.success(request, _("%(command)s: asked.") % {"command": texts.NAMES[command.name]})
    return _back(request, form, vehicle)


def _back(request: HttpRequest, form: CommandForm, vehicle: Vehicle) -> HttpResponse:
    target = form.cleaned_data["next"]
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target) if safe else redirect("vehicle_commands", pk=vehicle.pk)


def refusal_text(error: KolonneError) -> str:
    """The reader's words for a refusal."""
    return str(texts.REFUSALS[error.code]) if error.code in texts.REFUSALS else error.text


def labelled(view: CommandView) -> dict[str, Any]:
    """A command with the reader's words beside the codes."""
    return {
        **view,
        "name_text": str(texts.NAMES.get(view["name"], view["name"])),
        "state_text": str(texts.STATES.get(view["state"], view["state"])),
        "reason_text": str(texts.REASONS.get(view["reason"], view["reason"])),
        "steps": [{**step, "state_text": str(texts.STATES[step["state"]])} for step in view["steps"]],
    }


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def unlock_pin(request: HttpRequest) -> HttpResponse:
    """Sets one's own unlock PIN."""
    user = cast(User, request.user)
    form = PinForm(request.POST or None)
    if form.is_valid() and _set_pin(request, user, form):
        messages.success(request, _("Your unlock PIN is set."))
        return redirect("unlock_pin")
    status = 422 if form.errors else 200
    return render(request, "commands/unlock_pin.html", {"form": form, "pin": queries.pin_state(user.pk)}, status=status)


def _set_pin(request: HttpRequest, user: User, form: PinForm) -> bool:
    if not ratelimit.consume(request, action="reauthenticate", user=user):
        form.add_error("password", _("Too many tries: wait a minute and try again."))
        return False
    try:
        actions.set_pin(
            actor=request.actor,  # type: ignore[attr-defined]  # set by the Scope middleware
            user=user,
            current_password=form.cleaned_data["password"],
            pin=form.cleaned_data["pin"],
        )
    except Invalid as error:
        for field in error.errors:
            form.add_error(field, refusal_text(error))
        return False
    return True
