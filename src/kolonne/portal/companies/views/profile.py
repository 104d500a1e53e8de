from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kolonne.portal.companies.queries.people import WRITE, companies_with
from kolonne.portal.companies.queries.profile import belongings_of
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity.models import Language, User


@login_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """The person's profile: data, organisations with roles and access rights, and whom to ask (ID-13)."""
    user = cast("User", request.user)
    context = {
        "may_hand_over": bool(companies_with(actor_of_request(request), WRITE)),
        "belongings": belongings_of(user),
        "market": user.market,
        "languages": Language.choices,
    }
    return render(request, "companies/profile.html", context)
