"""`kolonne invoices …`: invoice data of all companies, for the operator's own books (PR-07)."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from kolonne.portal.lib.errors import Invalid
from kolonne.portal.site.operator.base import Result, operator_command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kolonne.portal.commerce.models import Invoice


class _Shown(list[dict[str, Any]]):
    """Invoices as data, which are written as a table where no JSON is wanted."""

    def __init__(self, found: "Iterable[Invoice]") -> None:
        from kolonne.portal.commerce.invoices import as_csv, as_data

        kept = list(found)
        super().__init__(dict(as_data(invoice)) for invoice in kept)
        self.table = as_csv(kept)

    def __format__(self, _spec: str) -> str:
        return self.table.rstrip("\r\n")


@click.group()
def invoices() -> None:
    """Invoice data of all companies."""


@invoices.command("export")
@click.option("--month", required=True, metavar="YYYY-MM", help="The month that was used, e.g. 2026-11.")
@click.option("--csv", "_as_csv", is_flag=True, help="Print a table, a line for each service of a van (the default).")
@operator_command("{invoices}")
def export_invoices(month: str, *, _as_csv: bool) -> Result:
    """Print all invoice data of a month."""
    from kolonne.portal.commerce.invoices import invoices_in

    wanted = _month(month)
    return {"month": f"{wanted:%Y-%m}", "invoices": _Shown(invoices_in(wanted))}


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  # a month has no time zone
    except ValueError:
        raise Invalid("no_month", f"{text} is no month", {"month": "year and month, e.g. 2026-11"}) from None
