from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.identity.actions.consents import withdraw_consent
from kolonne.portal.identity.consents import consents_of
from kolonne.portal.identity.models import User
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import NotFound


@login_required
@require_http_methods(["GET", "POST"])
def consent_withdraw(request: HttpRequest, application: str) -> HttpResponse:
    """Says what ends, then ends what an application may read (CO-08)."""
    user = cast("User", request.user)
    consent = next((one for one in consents_of(user) if one.application.code == application), None)
    if consent is None:
        raise NotFound("consent")
    if request.method == "GET":
        return render(request, "identity/consent_withdraw.html", {"consent": consent})
    withdraw_consent(actor=himself(user, client_address(request)), user=user, application=consent.application)
    messages.success(request, _("%(application)s reads nothing more of you.") % {"application": consent.application})
    return redirect("privacy")
