"""All of a company's data to take along (CO-11)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from allauth.account.decorators import reauthentication_required
from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies.actions import exports as actions
from kolonne.portal.companies.queries import leaving as queries
from kolonne.portal.companies.queries.leaving import EXPORT
from kolonne.portal.companies.views.leaving import open_company
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.lib.errors import Conflict

PIECE = 1 << 18


BACK = {"delete": "company_delete_data", "leaving": "company_leaving"}
"""Pages that show the export too, by what their form sends."""


@login_required
@require_GET
def company_export(request: HttpRequest) -> HttpResponse:
    """What an export holds, how far the one is that was ordered, and the file."""
    company = open_company(request, EXPORT)
    context = {"company": company, "export": queries.last_export(company.pk)}
    return render(request, "companies/export.html", context)


@login_required
@reauthentication_required(enabled=True)  # type: ignore[untyped-decorator]  # allauth has no type stubs
@require_http_methods(["GET", "POST"])
def company_export_order(request: HttpRequest) -> HttpResponse:
    """Has the zip made. Whoever had to confirm who he is comes back by GET, to the button."""
    company = open_company(request, EXPORT)
    if request.method == "POST":
        try:
            actions.ask_for_export(actor=actor_of_request(request), company=company)
        except Conflict:
            messages.info(request, _("An export is being made already."))
    return redirect(BACK.get(request.POST.get("from", ""), "company_export"))


@login_required
@reauthentication_required(enabled=True)  # type: ignore[untyped-decorator]  # allauth has no type stubs
@require_GET
def company_export_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The zip itself, in pieces: it can be larger than the memory."""
    company = open_company(request, EXPORT)
    path = actions.fetch_export(actor=actor_of_request(request), company=company, pk=pk)
    name = f"kolonne-company-{company.pk}.zip"
    if not isinstance(request, ASGIRequest):
        return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
    response = StreamingHttpResponse(_pieces(path), content_type="application/zip")
    response.headers["Content-Length"] = str(path.stat().st_size)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    """Django would read a plain iterator whole before it sends the first byte."""
    with await sync_to_async(_open)(path) as file:
        while piece := await sync_to_async(file.read)(PIECE):
            yield piece


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")
