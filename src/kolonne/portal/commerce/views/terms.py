from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kolonne.portal.commerce.terms import TERMS_VERSION


@login_required
@require_GET
def terms(request: HttpRequest) -> HttpResponse:
    """The terms that an order accepts."""
    return render(request, "commerce/terms.html", {"version": TERMS_VERSION})
