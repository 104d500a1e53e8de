from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kolonne.portal.companies.queries import verification as reads
from kolonne.portal.companies.views.people import actor_of_request


@login_required
@require_GET
def verification(request: HttpRequest) -> HttpResponse:
    """Why a dealer checks the company, and how far that is."""
    actor = actor_of_request(request)
    company = reads.company_to_verify(actor)
    return render(request, "companies/verification.html", {"company": company})
