"""The page "Data volume": how much each van sent, and from where (VH-07)."""

import csv
from collections import Counter
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kolonne.portal.fleet.views import for_fleet_people
from kolonne.portal.lib.actor import Actor
from kolonne.portal.telemetry.traffic import Line, Month, month_of, traffic_of
from kolonne.portal.vehicles.queries import companies_with_vans

PER_PAGE = 100


@dataclass(frozen=True)
class Sum:
    """One country's share of a month."""

    country: str
    bytes: int
    percent: int


@for_fleet_people
def traffic(request: HttpRequest) -> HttpResponse:
    """A month by van and country, as a page or as a file."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the Scope middleware
    month = month_of(request.GET.get("month", ""))
    lines = traffic_of(companies_with_vans(actor), month)
    if request.GET.get("format") == "csv":
        return _file(month, lines)
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page", "1"))
    rows = [(line, country_name(line.country)) for line in page]
    context = {"month": month, "page": page, "rows": rows, "sums": _sums(lines), "total": sum(x.bytes for x in lines)}
    return render(request, "fleet/traffic.html", context)


def country_name(code: str) -> str:
    """In the reader's language; what nothing tells is said so."""
    if not code:
        return _("Unknown")
    try:
        locale = Locale.parse((get_language() or "en").replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return str(locale.territories.get(code, code))


def _sums(lines: list[Line]) -> list[Sum]:
    by_country: Counter[str] = Counter()
    for line in lines:
        by_country[line.country] += line.bytes
    total = sum(by_country.values()) or 1
    return [Sum(country_name(code), size, round(size * 100 / total)) for code, size in by_country.most_common()]


def _file(month: Month, lines: list[Line]) -> HttpResponse:
    name = f"data-volume-{month.first:%Y-%m}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8", headers=headers)
    out = csv.writer(response)
    out.writerow(["month", "vin", "plate", "country", "messages", "bytes"])
    for line in lines:
        van = line.vehicle
        out.writerow([f"{month.first:%Y-%m}", van.vin, _cell(van.plate), line.country, line.messages, line.bytes])
    return response


def _cell(text: str) -> str:
    """What a spreadsheet would take for a formula becomes a text."""
    return f"'{text}" if text[:1] in set("=+-@\t\r") else text
