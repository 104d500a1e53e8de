"""Many vans at once, from a file (VH-01)."""

import csv
import io
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies.models import Company
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.archive import cell
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.vehicles import csv_words, import_texts
from kolonne.portal.vehicles.actions import imports as actions
from kolonne.portal.vehicles.csv_import import MAX_LINES
from kolonne.portal.vehicles.forms_import import FileForm
from kolonne.portal.vehicles.models import ImportState, VanImport
from kolonne.portal.vehicles.queries import imports as queries
from kolonne.portal.vehicles.views.access import actor_of_request, fleet_to_write

SHOWN = 200
"""Lines of the report on the page; the file has all."""


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_import(request: HttpRequest) -> HttpResponse:
    """Takes a file, and shows the last ones."""
    actor = actor_of_request(request)
    company = fleet_to_write(actor)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        made = _read(actor, company, form)
        if made is not None:
            return redirect("vehicle_import_file", made.pk)
    context = {"form": form, "imports": queries.lately(company.pk), "most": MAX_LINES}
    return render(request, "vehicles/import.html", context)


def _read(actor: Actor, company: Company, form: FileForm) -> VanImport | None:
    """None when the form has to say why not."""
    file = form.cleaned_data["file"]
    try:
        return actions.read_vans(actor=actor, company=company, file_name=file.name, content=file.read())
    except (Invalid, Conflict) as error:
        form.add_error("file", import_texts.of_file(error.code, error.facts))
    return None


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_import_file(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: what will happen, how far it is, and the report."""
    actor = actor_of_request(request)
    company = fleet_to_write(actor)
    found = queries.get_import(company.pk, pk)
    if request.method == "POST":
        return _decide(request, actor, company, pk)
    counts = queries.counts(found)
    context = {
        "import": found,
        "counts": counts,
        "done": found.total - counts["waiting"],
        "troubles": _troubles(found, SHOWN),
        "shown": SHOWN,
        "trouble_count": counts["refused"] + counts["later"],
        "is_trusted": company.verification == Verification.VERIFIED,
        "company": company,
        "states": ImportState,
    }
    return render(request, "vehicles/import_file.html", context)


def _decide(request: HttpRequest, actor: Actor, company: Company, pk: int) -> HttpResponse:
    if "discard" in request.POST:
        actions.discard_import(actor=actor, company=company, pk=pk)
        messages.info(request, _("The file was put away. Nothing was changed."))
        return redirect("vehicle_import")
    try:
        actions.begin_import(actor=actor, company=company, pk=pk, updates="updates" in request.POST)
    except Conflict as error:
        messages.error(request, import_texts.of_file(error.code, error.facts))
    return redirect("vehicle_import_file", pk)


@login_required
@require_GET
def vehicle_import_report(request: HttpRequest, pk: int) -> HttpResponse:
    """All refused lines as a file; nothing in it is run by a spreadsheet as a formula."""
    company = fleet_to_write(actor_of_request(request))
    found = queries.get_import(company.pk, pk)
    rows = [[line, vin, column, value, remedy] for line, vin, column, value, remedy in _troubles(found)]
    return _file(f"kolonne-import-{found.pk}.csv", [import_texts.report_headings(), *rows])


@login_required
@require_GET
def vehicle_import_template(request: HttpRequest) -> HttpResponse:
    """The headings in the reader's language, with a line as an example."""
    fleet_to_write(actor_of_request(request))
    language = get_language() or "en"
    language = language if language in csv_words.TEMPLATE else "en"
    return _file("kolonne-vans.csv", [csv_words.TEMPLATE[language], csv_words.EXAMPLE[language]])


def _troubles(found: VanImport, most: int | None = None) -> list[tuple[int, str, str, str, str]]:
    """Line, VIN, column, value, what to do."""
    return [
        (
            line.number,
            str(line.values.get("vin", "")),
            str(import_texts.COLUMNS.get(str(problem["field"]), "")),
            str(problem["value"]),
            import_texts.of_line(problem),
        )
        for line, problem in queries.problems(queries.troubles(found)[:most])
    ]


def _file(name: str, rows: list[Any]) -> HttpResponse:
    text = io.StringIO()
    # Spreadsheets in Germany and Norway take a comma for a part of a number.
    writer = csv.writer(text, delimiter="," if get_language() == "en" else ";")
    for row in rows:
        writer.writerow([cell(value) for value in row])
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
