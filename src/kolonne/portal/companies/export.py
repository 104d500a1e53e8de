"""Writes everything that is kept of a company into a zip, for its administrators (CO-11; GDPR article 20)."""

from collections.abc import Callable, Iterator
from typing import IO

from django.utils import timezone

from kolonne.portal.companies import hooks
from kolonne.portal.companies.hooks import Part, Unit
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.archive import Archive
from kolonne.portal.lib.scope import company_scope

Progress = Callable[[int, int], None]
"""Told how many pieces are written, and of how many."""
README = """\
Everything that Kolonne keeps of the company {name}, as of {time} (UTC).

Each table is there twice with the same content: as JSON for programs and as CSV (UTF-8, comma) for spreadsheets.
Text that a spreadsheet would run as a formula has an apostrophe before it in the CSV. Times are UTC (ISO 8601).
In the folder vans there is a folder for each van: its readings (CSV), where it drove (track.gpx, GPX 1.1), its diary
and what was refused. Passwords, keys and PINs are in none of these files.
"""


def write(company: Company, file: IO[bytes], progress: Progress) -> dict[str, int]:
    """All registered parts; answers how many rows each table has. Each piece is read in a transaction of its own:
    what changes meanwhile may be in one piece and not yet in another."""
    counts: dict[str, int] = {}
    tables = list(hooks.exports().items())
    with company_scope([company.pk]):
        units = [unit for files in hooks.export_files() for unit in files(company)]
    total, now = len(tables) + len(units), timezone.now()
    with Archive(file, made_at=now) as archive:
        archive.text("README.txt", README.format(name=company.name, time=now.isoformat(timespec="seconds")))
        for done, (name, unit) in enumerate(_pieces(company, tables, units)):
            progress(done, total)
            with company_scope([company.pk]):
                counts[name] = counts.get(name, 0) + unit(archive)
    progress(total, total)
    return counts


def _pieces(company: Company, tables: list[tuple[str, Part]], units: list[Unit]) -> Iterator[tuple[str, Unit]]:
    for name, part in tables:
        yield name, _table(company, name, part)
    for unit in units:
        yield "rows_of_vans", unit


def _table(company: Company, name: str, part: Part) -> Unit:
    return lambda archive: archive.table(name, part(company))
