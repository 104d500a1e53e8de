"""The job that works a file with vans off (VH-01). Each batch is a transaction that also writes what became of its
lines: a worker that is killed at any moment leaves whole batches, and the next run goes on behind them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of, who_may_still
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles.actions.changing import ask_next_owner
from kolonne.portal.vehicles.actions.imports import differences
from kolonne.portal.vehicles.actions.vans import WRITE, Tries, report_tries
from kolonne.portal.vehicles.models import (
    LIVE,
    Claim,
    ClaimState,
    Drive,
    ImportLine,
    ImportState,
    Outcome,
    RefusedVin,
    VanImport,
    Vehicle,
)
from kolonne.portal.vehicles.queries.ownership import claimed_elsewhere, reserved_elsewhere

log = structlog.get_logger()
BATCH = 500
LOST = timedelta(minutes=2)
"""A job that wrote nothing for so long was killed; another one goes on."""


def work_off(*, actor: Actor, company_id: int, import_id: int) -> None:
    """The whole file. Does nothing when it is done; two at the same time wait for each other."""
    if not actor.is_system:
        raise NotAllowed(WRITE)
    while _batch(company_id, import_id):
        pass


def advance(*, actor: Actor, now: datetime) -> None:
    """Goes on with imports whose job was lost; one in trouble keeps none waiting. Safe to run at any time."""
    for company_id in all_companies():
        with company_scope([company_id]):
            lost = VanImport.objects.filter(company_id=company_id, state=ImportState.RUNNING, moved_at__lt=now - LOST)
            found = list(lost.values_list("pk", flat=True))
        for pk in found:
            try:
                work_off(actor=actor, company_id=company_id, import_id=pk)
            except Exception:
                log.exception("import of vans stands still", company=company_id, van_import=pk)


@transaction.atomic
def _batch(company_id: int, import_id: int) -> bool:
    """Some lines; False when nothing is left to do."""
    with company_scope([company_id]):
        run = VanImport.objects.select_for_update().filter(pk=import_id, state=ImportState.RUNNING).first()
        if run is None:
            return False
        if run.asked_by is None or run.asked_by_id not in who_may_still(WRITE, company_id, [run.asked_by_id]):
            return _end(run, ImportState.STOPPED, Actor.system("import of vans"))
        actor = actor_of(run.asked_by)
        lines = list(run.lines.filter(outcome=Outcome.WAITING).order_by("number")[:BATCH])
        if not lines:
            return _end(run, ImportState.DONE, actor)
        _take(actor, run, lines)
        VanImport.objects.filter(pk=run.pk).update(moved_at=timezone.now())
    return True


def _end(run: VanImport, state: ImportState, actor: Actor) -> bool:
    """Says in the audit what became of the file."""
    found = run.lines.values_list("outcome").annotate(Count("pk")).order_by()
    counts = {str(outcome): count for outcome, count in found}
    VanImport.objects.filter(pk=run.pk).update(state=state, finished_at=timezone.now())
    audit.record(actor, f"vehicles.import.{state}", on=run, company_id=run.company_id, **counts)
    log.info("import of vans ended", company=run.company_id, van_import=run.pk, state=str(state), **counts)
    return False


def _take(actor: Actor, run: VanImport, lines: Sequence[ImportLine]) -> None:
    # As when a van is added by hand: a check that ends just now either sees these vans or is seen by them.
    company = Company.objects.select_for_update(no_key=True).get(pk=run.company_id)
    own = {van.vin: van for van in Vehicle.objects.filter(company=company, vin__in=[_vin(line) for line in lines])}
    _change(actor, run, [(own[_vin(line)], line) for line in lines if _vin(line) in own])
    _add(actor, company, [line for line in lines if _vin(line) not in own])


def _vin(line: ImportLine) -> str:
    return str(line.values["vin"])


def _change(actor: Actor, run: VanImport, there: Sequence[tuple[Vehicle, ImportLine]]) -> None:
    """Vans that the company has already."""
    changed, facts, lines = [], [], []
    for van, line in there:
        new = differences(van, line.values) if run.updates else {}
        if not new:
            continue
        facts.append({"vin": van.vin} | {name: [getattr(van, name), value] for name, value in new.items()})
        for name, value in new.items():
            setattr(van, name, value)
        changed.append(van)
        lines.append(line)
    Vehicle.objects.bulk_update(changed, ["plate", "name"])
    audit.record_all(actor, "vehicles.vehicle.changed", on=changed, company_id=run.company_id, facts=facts)
    _note(lines, Outcome.UPDATED)
    followed = set(lines)
    _note([line for _van, line in there if line not in followed], Outcome.SAME)


def _add(actor: Actor, company: Company, lines: Sequence[ImportLine]) -> None:
    """New vans, in the order of the file. When the last VIN that may be told as taken today was told, nothing is
    tried any more, not even what would be free: otherwise the file would say what the limit hides (VH-02)."""
    taken: list[ImportLine] = []
    is_over = _is_used_up(actor, company)
    rest: list[ImportLine] = list(lines) if is_over else []
    open_lines: list[ImportLine] = [] if is_over else list(lines)
    while open_lines:
        point = transaction.savepoint()
        vans = _insert(company, open_lines)
        elsewhere = [line for line in open_lines if _vin(line) not in vans]
        if not elsewhere:
            transaction.savepoint_commit(point)
            _record(actor, company, [vans[_vin(line)] for line in open_lines])
            _note(open_lines, Outcome.ADDED)
            break
        transaction.savepoint_rollback(point)
        open_lines, refused, later = _tell(actor, company, open_lines, elsewhere)
        taken += refused
        rest += later
    if rest:
        report_tries(actor, company)
    _note(taken, Outcome.REFUSED, "taken")
    _note(rest, Outcome.LATER, "later")


def _tell(
    actor: Actor, company: Company, lines: list[ImportLine], elsewhere: list[ImportLine]
) -> tuple[list[ImportLine], list[ImportLine], list[ImportLine]]:
    """Which lines are still to be added, which are told to be taken, and which are not tried today."""
    told: list[ImportLine] = []
    end = len(lines)
    for line in elsewhere:
        Tries(actor, company)
        told.append(line)
        if _is_used_up(actor, company):
            end = lines.index(line) + 1
            break
    known = set(told)
    return [line for line in lines[:end] if line not in known], told, lines[end:]


def _is_used_up(actor: Actor, company: Company) -> bool:
    tries = Tries(actor, company)
    tries.take_back()
    return not tries.is_allowed


def _insert(company: Company, lines: Sequence[ImportLine]) -> dict[str, Vehicle]:
    """The vans by VIN; those that are active anywhere else are missing. Sorted, so that two companies that bring the
    same vans wait for each other in one order."""
    refused = set(RefusedVin.objects.filter(company=company, vin__in=map(_vin, lines)).values_list("vin", flat=True))
    new = [_van(company, line, is_refused=_vin(line) in refused) for line in sorted(lines, key=_vin)]
    Vehicle.objects.bulk_create(new, ignore_conflicts=True)
    vins = [van.vin for van in new]
    # Asked after the rows are there: whoever released a VIN meanwhile has kept it for somebody by now (VH-02).
    kept = reserved_elsewhere(company.pk, vins)
    there = Vehicle.objects.filter(company=company, vin__in=vins)
    return {van.vin: van for van in there if van.vin not in kept}


def _van(company: Company, line: ImportLine, *, is_refused: bool) -> Vehicle:
    is_trusted = company.verification == Verification.VERIFIED and not is_refused
    values = {"drive": Drive.ELECTRIC} | line.values
    return Vehicle(
        company=company,
        verification=Verification.VERIFIED if is_trusted else Verification.UNVERIFIED,
        **{name: values[name] for name in values if name in _FIELDS},
    )


_FIELDS = frozenset({"vin", "plate", "name", "make", "model", "model_year", "drive"})


def _record(actor: Actor, company: Company, vans: Sequence[Vehicle]) -> None:
    own = Claim.objects.filter(company=company, vin__in=[van.vin for van in vans], state__in=LIVE)
    own.update(state=ClaimState.DONE, state_since=timezone.now(), until=None)
    claimed = claimed_elsewhere(company.pk, [van.vin for van in vans])
    for van in vans:
        if van.vin in claimed:
            ask_next_owner(van)
    facts = [{"vin": van.vin} for van in vans]
    audit.record_all(actor, "vehicles.vehicle.added", on=vans, company_id=company.pk, facts=facts)


def _note(lines: Sequence[ImportLine], outcome: Outcome, code: str = "") -> None:
    told = ImportLine.objects.filter(pk__in=[line.pk for line in lines])
    told.update(outcome=outcome)
    for line in lines if code else ():
        line.problems = [{"field": "vin", "value": _vin(line), "code": code, "facts": {}}]
    if code:
        ImportLine.objects.bulk_update(lines, ["problems"])
