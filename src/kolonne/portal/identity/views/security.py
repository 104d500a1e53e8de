"""What protects an account: second factors, and the devices that are signed in."""

from typing import cast

from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from kolonne.portal.identity import actions, devices, second_factor
from kolonne.portal.identity.forms.sessions import EndForm
from kolonne.portal.identity.models import User
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.address import client_address


@login_required
@require_http_methods(["GET"])
def factors(request: HttpRequest) -> HttpResponse:
    """What is set up, and why something must be."""
    user = cast(User, request.user)
    facts = {
        "is_required": second_factor.is_required_of(user),
        "is_missing": second_factor.is_missing(user, request.session),
        "factor_count": Authenticator.objects.filter(user=user, type__in=second_factor.FACTORS).count(),
    }
    return cast(HttpResponse, IndexView.as_view(extra_context=facts)(request))


@login_required
@require_http_methods(["GET", "POST"])
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """The last factor of somebody who needs one stays; allauth asks that of the app only."""
    mine = Authenticator.objects.filter(user=cast(User, request.user), type=Authenticator.Type.WEBAUTHN)
    factor = get_object_or_404(mine, pk=pk)
    if not second_factor.can_remove(factor):
        page = "mfa/webauthn/authenticator_confirm_delete.html"
        status = 200 if request.method == "GET" else 409
        return render(request, page, {"object": factor, "is_last": True}, status=status)
    return cast(HttpResponse, RemoveWebAuthnView.as_view()(request, pk=pk))


@login_required
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Where the person is signed in; ends one of these sessions, or all but this one (ID-11)."""
    form = EndForm(request.POST)
    if request.method == "POST" and form.is_valid():
        _end(request, form.cleaned_data["session"])
        return redirect("usersessions_list")
    rows = UserSession.objects.purge_and_list(request.user)
    rows.sort(key=lambda row: (row.session_key != request.session.session_key, -row.last_seen_at.timestamp()))
    shown = [(row, devices.in_words(row.user_agent)) for row in rows]
    current = request.session.session_key
    return render(request, "usersessions/usersession_list.html", {"sessions": shown, "current": current})


def _end(request: HttpRequest, session_id: int | None) -> None:
    user = cast(User, request.user)
    actor = himself(user, client_address(request))
    if session_id is not None:
        actions.end_session(actor=actor, user=user, session_id=session_id)
        messages.info(request, _("That device was signed out."))
        return
    others = actions.sign_out_everywhere(actor=actor, user=user) - 1
    # Here it goes on, under a new key.
    update_session_auth_hash(request, user)
    UserSession.objects.create_from_request(request)
    text = ngettext("%(count)d other device was signed out.", "%(count)d other devices were signed out.", others)
    messages.info(request, text % {"count": others})
