from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from kolonne.portal.companies.queries import actor_of
from kolonne.portal.identity.models import User

CHOSEN = "company"
"""Session key of the company that is open now, for people who belong to several."""


@login_required
@require_POST
def switch_company(request: HttpRequest) -> HttpResponse:
    """Opens another of the person's companies; a company that is not his changes nothing."""
    chosen = request.POST.get("company", "")
    user = request.user
    # Compared as text: what somebody sends need not be a number that Python is willing to read.
    mine = {str(company): company for company in actor_of(user).rights} if isinstance(user, User) else {}
    if chosen in mine:
        request.session[CHOSEN] = mine[chosen]
    return redirect("/")
