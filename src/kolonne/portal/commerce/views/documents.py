"""Papers to take along: contracts in each generation, invoices as PDF and as a table."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kolonne.portal.commerce import queries
from kolonne.portal.commerce.documents.contract import contract_document
from kolonne.portal.commerce.views.common import actor_of_request
from kolonne.portal.lib.documents import DocumentResponse


@login_required
@require_GET
def contract_pdf(request: HttpRequest, pk: int, generation: int) -> HttpResponse:
    """The contract as it was in a generation, in the reader's language (CO-02)."""
    found = queries.get_contract_for(actor_of_request(request), pk)
    return DocumentResponse(contract_document(found, generation), f"{found.number}-{generation}.pdf")
