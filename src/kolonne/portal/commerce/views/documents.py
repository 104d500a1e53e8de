"""Papers to take along: contracts in each generation, invoices as PDF and as a table."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kolonne.portal.commerce import invoices as invoice_data
from kolonne.portal.commerce import queries, texts
from kolonne.portal.commerce.documents.contract import contract_document
from kolonne.portal.commerce.documents.invoice import invoice_document
from kolonne.portal.commerce.documents.words import month_name
from kolonne.portal.commerce.money import money
from kolonne.portal.commerce.views.common import PER_PAGE, actor_of_request, reader
from kolonne.portal.lib.documents import DocumentResponse


@login_required
@require_GET
def contract_pdf(request: HttpRequest, pk: int, generation: int) -> HttpResponse:
    """The contract as it was in a generation, in the reader's language (CO-02)."""
    found = queries.get_contract_for(actor_of_request(request), pk)
    return DocumentResponse(contract_document(found, generation), f"{found.number}-{generation}.pdf")


@login_required
@require_GET
def invoices(request: HttpRequest) -> HttpResponse:
    """The company's invoices, by month (PR-07)."""
    actor, language = reader(request), texts.language()
    page = Paginator(invoice_data.invoices_of(actor), PER_PAGE).get_page(request.GET.get("page", "1"))
    shown = [
        (one, month_name(one.month, language), money(one.total, one.currency, language)) for one in page.object_list
    ]
    following = None if shown else invoice_data.next_invoice(actor)
    first = {"day": following[0], "month": month_name(following[1], language)} if following else None
    return render(request, "commerce/invoices.html", {"page": page, "invoices": shown, "first": first})


@login_required
@require_GET
def invoice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """In the reader's language."""
    found = invoice_data.get_invoice_for(actor_of_request(request), pk)
    return DocumentResponse(invoice_document(found), f"{found.number}.pdf")


@login_required
@require_GET
def invoice_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """For spreadsheets and book-keeping."""
    found = invoice_data.get_invoice_for(actor_of_request(request), pk)
    response = HttpResponse(invoice_data.as_csv([found]), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.number}.csv"'
    return response
