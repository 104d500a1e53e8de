from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kolonne.portal.commerce import cockpit, outlook, queries, summary
from kolonne.portal.commerce.actions.assignments import WRITE
from kolonne.portal.commerce.models import Assignment, ContractState
from kolonne.portal.commerce.views.common import PER_PAGE, actor_of_request, may_write, reader


@login_required
@require_GET
def contracts(request: HttpRequest) -> HttpResponse:
    """The cockpit: every service of every van, by the next date on which something changes (PR-06)."""
    actor, wanted = reader(request), cockpit.Wanted.of(request.GET)
    lines = cockpit.lines_of(actor, wanted)
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page", "1"))
    filters = request.GET.copy()
    filters.pop("page", None)
    context = {
        "page": page,
        "rows": cockpit.rows(page),
        "sums": cockpit.sums(lines),
        "wanted": wanted,
        "filters": filters.urlencode(),
        "products": cockpit.products_of(actor),
        "states": ContractState.choices,
        "may_write": may_write(actor),
        "acts": outlook.ACTS.items(),
    }
    return render(request, "commerce/contracts.html", context)


@login_required
@require_GET
def contract_list(request: HttpRequest) -> HttpResponse:
    """The company's contracts, newest first."""
    page = Paginator(queries.contracts_of(reader(request)), PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {"page": page, "names": summary.names_of_services(list(page))}
    return render(request, "commerce/contract_list.html", context)


@login_required
@require_GET
def contract(request: HttpRequest, pk: int) -> HttpResponse:
    """A contract: with whom, in all its generations (CO-02), and each of its services."""
    actor = actor_of_request(request)
    found = queries.get_contract_for(actor, pk)
    versions = Paginator(found.versions.order_by("-generation"), summary.VERSIONS).get_page(request.GET.get("older"))
    lines = cockpit.in_order(Assignment.objects.filter(contract=found))
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {
        "contract": found,
        "versions": versions,
        "generations": summary.generations(list(versions)),
        "page": page,
        "rows": cockpit.rows(page),
        "sums": cockpit.sums(lines),
        "products": summary.products_running(found),
        "waiting": queries.open_items(found.company_id).filter(order__contract=found).count(),
        "may_write": actor.may(WRITE, found.company_id),
        "acts": outlook.ACTS.items(),
    }
    return render(request, "commerce/contract.html", context)
