"""Exports of all of a company's data: asked for, made by a job, fetched, and deleted after a day (CO-11)."""

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies import export as writer
from kolonne.portal.companies.models import Company, CompanyExport, ExportState
from kolonne.portal.companies.queries.leaving import EXPORT
from kolonne.portal.identity import mails
from kolonne.portal.lib import folders
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, NotAllowed, NotFound
from kolonne.portal.lib.scope import all_companies, company_scope

log = structlog.get_logger()
LIFETIME = timedelta(hours=24)
LONGEST = timedelta(hours=12)
"""A job that took longer was lost."""


@transaction.atomic
def ask_for_export(*, actor: Actor, company: Company) -> CompanyExport:
    """Has the zip made. Raises NotAllowed (also to whoever acts for somebody else), Conflict while one is made."""
    _require(actor, company)
    with company_scope([company.pk]):
        export = CompanyExport(company=company, asked_by_id=actor.user_id, asked_label=actor.label)
        try:
            with transaction.atomic():
                export.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("export_running", "an export of this company is being made already") from error
        audit.record(actor, "companies.export.asked", on=company, company_id=company.pk)
        app.configure_task("companies.make_export").defer(company_id=company.pk, export_id=export.pk)
    return export


def make_export(*, actor: Actor, company_id: int, export_id: int) -> None:
    """The job: writes the file piece by piece. Starts anew when it was killed; does nothing when it is done."""
    if not actor.is_system:
        raise NotAllowed(EXPORT)
    with company_scope([company_id]):
        waiting = CompanyExport.objects.select_related("company__company")
        export = waiting.filter(pk=export_id, state=ExportState.WAITING).first()
    if export is None:
        return
    part = _folder() / f"{export.pk}.part"
    try:
        counts = _write(export, part)
    except Exception:
        log.exception("export failed", company=company_id, export=export_id)
        part.unlink(missing_ok=True)
        _move(export, ExportState.FAILED)
        return
    _finish(actor, export, part, counts)


def _write(export: CompanyExport, part: Path) -> dict[str, int]:
    with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        return writer.write(export.company, file, lambda done, total: _progress(export, done, total))


def _progress(export: CompanyExport, done: int, total: int) -> None:
    with company_scope([export.company_id]):
        CompanyExport.objects.filter(pk=export.pk).update(done=done, total=total)


@transaction.atomic
def _finish(actor: Actor, export: CompanyExport, part: Path, counts: dict[str, int]) -> None:
    name = f"{secrets.token_urlsafe(24)}.zip"
    with company_scope([export.company_id]):
        # The row first: whoever erases the company waits, and then knows the file, or was first and leaves none.
        waiting = CompanyExport.objects.filter(pk=export.pk, state=ExportState.WAITING)
        if not list(waiting.select_for_update().values_list("pk")):
            part.unlink(missing_ok=True)
            return
        size = part.stat().st_size
        part.replace(_folder() / name)
        expires_at = timezone.now() + LIFETIME
        waiting.update(state=ExportState.READY, file=name, size=size, expires_at=expires_at)
        audit.record(
            actor, "companies.export.made", on=export.company, company_id=export.company_id, size=size, rows=counts
        )
        if export.asked_by is not None:
            facts = {"company": export.company.name, "hours": LIFETIME // timedelta(hours=1)}
            mails.post("company_export_ready", export.asked_by, **facts)


@transaction.atomic
def fetch_export(*, actor: Actor, company: Company, pk: int) -> Path:
    """Where the file is, for the answer that sends it. Raises NotAllowed, NotFound (also when its day is over)."""
    _require(actor, company)
    with company_scope([company.pk]):
        ready = CompanyExport.objects.filter(pk=pk, company=company, state=ExportState.READY)
        export = ready.filter(expires_at__gt=timezone.now()).first()
        path = _folder() / export.file if export else None
        if path is None or not path.is_file():
            raise NotFound("export")
        audit.record(actor, "companies.export.fetched", on=company, company_id=company.pk)
    return path


def forget_old(*, now: datetime) -> int:
    """Deletes the files whose day is over, and gives up what was lost; how many. Safe to run at any time."""
    with company_scope(all_companies()):
        old = CompanyExport.objects.filter(state=ExportState.READY, expires_at__lte=now)
        lost = CompanyExport.objects.filter(state=ExportState.WAITING, asked_at__lte=now - LONGEST)
        gone = [*old, *lost]
        known = set(CompanyExport.objects.exclude(file="").values_list("file", flat=True))
    for export in gone:
        _remove(export)
        _move(export, ExportState.GONE if export.state == ExportState.READY else ExportState.FAILED)
    # A job that was killed between the file and the row left one that nobody knows.
    folders.delete_older(_folder(), than=now - LONGEST, keep=known)
    return len(gone)


def forget_exports(company: Company) -> None:
    """All of a company that is erased. Needs its scope."""
    for export in CompanyExport.objects.select_for_update().filter(company=company):
        _remove(export)
        export.delete()


def _remove(export: CompanyExport) -> None:
    (_folder() / f"{export.pk}.part").unlink(missing_ok=True)
    if export.file:
        (_folder() / export.file).unlink(missing_ok=True)


def _move(export: CompanyExport, to: ExportState) -> None:
    with company_scope([export.company_id]):
        CompanyExport.objects.filter(pk=export.pk, state=export.state).update(state=to, file="")


def _require(actor: Actor, company: Company) -> None:
    if actor.acting_for is not None:
        raise NotAllowed(EXPORT)
    require(actor, EXPORT, company.pk)


def _folder() -> Path:
    folder: Path = settings.EXPORT_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
