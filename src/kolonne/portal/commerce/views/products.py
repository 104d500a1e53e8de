from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kolonne.portal.commerce import queries
from kolonne.portal.commerce.actions.assignments import WRITE
from kolonne.portal.commerce.overview import overview
from kolonne.portal.commerce.terms.queries import asked_for
from kolonne.portal.commerce.terms.steps import about
from kolonne.portal.commerce.texts import language
from kolonne.portal.commerce.views.common import reader
from kolonne.portal.companies.gate import blocked
from kolonne.portal.companies.models import Company


@login_required
@require_GET
def products(request: HttpRequest) -> HttpResponse:
    """Everything that can be bought, with its price and what runs of it (PR-01). A search for what it does finds it."""
    actor = reader(request)
    company = Company.objects.select_related("company").get(pk=queries.companies_that_buy(actor)[0])
    may_order = actor.may(WRITE, company.pk)
    new = asked_for(company, language()) if may_order else []
    context = {
        "company": company,
        "all": overview(company),
        "may_order": may_order,
        "blocked": blocked(actor, company) if may_order else None,
        "new_terms": about(new) if new else "",
    }
    return render(request, "commerce/products.html", context)
