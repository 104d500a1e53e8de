from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kolonne.portal.companies.queries.privacy import recipients_of
from kolonne.portal.identity.consents import consents_of, past_of
from kolonne.portal.identity.models import User


@login_required
@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """Where the person's data are, who sees them and why, and which consents can be withdrawn (CO-08)."""
    user = cast("User", request.user)
    context = {
        "location": settings.DATA_LOCATION,
        "recipients": recipients_of(user),
        "consents": consents_of(user),
        "past": past_of(user),
        "consent_hours": settings.IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN // 3600,
    }
    return render(request, "companies/privacy.html", context)
