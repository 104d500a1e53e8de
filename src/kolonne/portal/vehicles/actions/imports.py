"""Files with vans: read, begun by somebody, worked off by a job in batches, and forgotten (VH-01)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Company
from kolonne.portal.identity import limits
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles import csv_import
from kolonne.portal.vehicles.actions.vans import WRITE
from kolonne.portal.vehicles.models import ImportLine, ImportState, Outcome, VanImport, Vehicle

LIMIT = "van_import"
"""Name of the limit on files, by company."""
FOLLOWS = ("plate", "name")
"""What a van that is there already takes over from a file; the rest a dealer may have seen in its papers."""


@transaction.atomic
def read_vans(*, actor: Actor, company: Company, file_name: str, content: bytes) -> VanImport:
    """Keeps what a file says until somebody begins the import; an earlier file that nobody began is forgotten.

    Raises NotAllowed; Invalid with the code of `csv_import.Unreadable`; Conflict `too_many_files`.
    """
    require(actor, WRITE, company.pk)
    if not limits.allows(LIMIT, company.pk):
        raise Conflict("too_many_files", "too many files of this company within an hour", field="file")
    try:
        table = csv_import.read(content, this_year=timezone.now().year)
    except csv_import.Unreadable as error:
        raise Invalid(
            error.code, f"the file cannot be read: {error.code}", {"file": error.code}, **error.facts
        ) from error
    with company_scope([company.pk]):
        _forget(VanImport.objects.filter(company=company, state=ImportState.PREVIEW).values_list("pk", flat=True))
        made = VanImport.objects.create(
            company=company, asked_by_id=actor.user_id, file_name=file_name[:100], total=len(table.lines),
            foreseen=_foreseen(company, table.lines) | {"unknown": list(table.unknown[:20])},
        )  # fmt: skip
        ImportLine.objects.bulk_create([_row(made, line) for line in table.lines], batch_size=2000)
    return made


def _row(made: VanImport, line: csv_import.Line) -> ImportLine:
    return ImportLine(
        company_id=made.company_id,
        van_import=made,
        number=line.number,
        values=line.values,
        outcome=Outcome.REFUSED if line.problems else Outcome.WAITING,
        problems=[vars(problem) for problem in line.problems],
    )


def _foreseen(company: Company, lines: tuple[csv_import.Line, ...]) -> dict[str, object]:
    right = [line.values for line in lines if not line.problems]
    own = {van.vin: van for van in Vehicle.objects.filter(company=company)}
    there = [differences(own[str(values["vin"])], values) for values in right if str(values["vin"]) in own]
    changed = sum(1 for one in there if one)
    counts = {"new": len(right) - len(there), "changed": changed, "same": len(there) - changed}
    return {**counts, "refused": len(lines) - len(right)}


def differences(vehicle: Vehicle, values: dict[str, str | int]) -> dict[str, str]:
    """What the file says anew of a van that is there."""
    return {name: str(values[name]) for name in FOLLOWS if values.get(name) and values[name] != getattr(vehicle, name)}


@transaction.atomic
def begin_import(*, actor: Actor, company: Company, pk: int, updates: bool) -> None:
    """Has a job work the file off. Raises NotAllowed, NotFound, Conflict `import_running` while there is another."""
    require(actor, WRITE, company.pk)
    with company_scope([company.pk]):
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)  # one at a time, as people expect
        if VanImport.objects.filter(company=company, state=ImportState.RUNNING).exists():
            raise Conflict("import_running", "another file of this company is being worked off")
        now = timezone.now()
        ready = VanImport.objects.filter(pk=pk, company=company, state=ImportState.PREVIEW)
        if not ready.update(state=ImportState.RUNNING, updates=updates, asked_by_id=actor.user_id, moved_at=now):
            raise NotFound("import")
        made = VanImport.objects.get(pk=pk)
        audit.record(actor, "vehicles.import.begun", on=made, company_id=company.pk, lines=made.total, updates=updates)
        app.configure_task("vehicles.work_off_import").defer(company_id=company.pk, import_id=pk)


@transaction.atomic
def discard_import(*, actor: Actor, company: Company, pk: int) -> None:
    """Forgets a file that was not begun. Raises NotAllowed, NotFound."""
    require(actor, WRITE, company.pk)
    with company_scope([company.pk]):
        ready = VanImport.objects.select_for_update().filter(pk=pk, company=company, state=ImportState.PREVIEW)
        if not _forget(ready.values_list("pk", flat=True)):
            raise NotFound("import")


def forget_old(*, now: datetime) -> int:
    """Deletes files with their reports when nobody needs them any more; how many. Safe to run at any time."""
    before = now - timedelta(days=settings.VAN_IMPORT_DAYS)
    count = 0
    for company_id in all_companies():
        with company_scope([company_id]):
            old = VanImport.objects.filter(company_id=company_id, asked_at__lt=before)
            count += _forget(old.exclude(state=ImportState.RUNNING).values_list("pk", flat=True))
    return count


def forget_of(company: Company) -> None:
    """All of a company that is erased. Needs its scope."""
    _forget(VanImport.objects.filter(company=company).values_list("pk", flat=True))


def _forget(imports: Iterable[int]) -> int:
    gone = list(imports)
    ImportLine.objects.filter(van_import__in=gone).delete()
    VanImport.objects.filter(pk__in=gone).delete()
    return len(gone)
