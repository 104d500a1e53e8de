from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kolonne.portal.commerce import queries, summary
from kolonne.portal.commerce.views.common import PER_PAGE, actor_of_request, reader


@login_required
@require_GET
def contracts(request: HttpRequest) -> HttpResponse:
    """The company's contracts, newest first."""
    page = Paginator(queries.contracts_of(reader(request)), PER_PAGE).get_page(request.GET.get("page", "1"))
    return render(request, "commerce/contracts.html", {"page": page})


@login_required
@require_GET
def contract(request: HttpRequest, pk: int) -> HttpResponse:
    """A contract: with whom, in all its generations (CO-02), and what runs by it now."""
    found = queries.get_contract_for(actor_of_request(request), pk)
    versions = Paginator(found.versions.order_by("-generation"), summary.VERSIONS).get_page(request.GET.get("older"))
    running = Paginator(summary.vans_running(found), PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {
        "contract": found,
        "versions": versions,
        "generations": summary.generations(list(versions)),
        "page": running,
        "running": summary.running_on(found, list(running)),
        "products": summary.products_running(found),
    }
    return render(request, "commerce/contract.html", context)
