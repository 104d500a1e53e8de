"""Files with vans and what became of their lines. Everything here needs the company's scope."""

from collections.abc import Iterator

from django.db.models import Count, QuerySet

from kolonne.portal.lib.errors import NotFound
from kolonne.portal.vehicles.models import ImportLine, Outcome, VanImport

TROUBLE = (Outcome.REFUSED, Outcome.LATER)


def lately(company_id: int, most: int = 10) -> QuerySet[VanImport]:
    return VanImport.objects.filter(company_id=company_id).order_by("-pk")[:most]


def get_import(company_id: int, pk: int) -> VanImport:
    """Raises NotFound."""
    found = VanImport.objects.filter(company_id=company_id, pk=pk).first()
    if found is None:
        raise NotFound("import")
    return found


def counts(van_import: VanImport) -> dict[str, int]:
    """Lines by what became of them so far."""
    found = ImportLine.objects.filter(van_import=van_import).values_list("outcome").annotate(Count("pk")).order_by()
    return dict.fromkeys(Outcome.values, 0) | {str(outcome): count for outcome, count in found}


def troubles(van_import: VanImport) -> QuerySet[ImportLine]:
    """Lines about which somebody has to do something."""
    lines = ImportLine.objects.filter(van_import=van_import, outcome__in=TROUBLE)
    return lines.order_by("number")


def problems(lines: Iterator[ImportLine] | QuerySet[ImportLine]) -> Iterator[tuple[ImportLine, dict[str, object]]]:
    """Each problem with its line."""
    for line in lines:
        for problem in line.problems:
            yield line, problem
