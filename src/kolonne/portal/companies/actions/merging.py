"""Two companies of a market agree to become one (CO-10): a code, the request, the confirmation."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.codes import ALPHABET, LENGTH
from kolonne.portal.companies.merge_parts import Pair, merge_parts
from kolonne.portal.companies.models import Company, Kind, Membership, Merge, Tenant
from kolonne.portal.companies.queries import administrators
from kolonne.portal.companies.queries.merging import (
    MERGE,
    clashes,
    is_asked,
    is_known_to_be_real,
    merge_of_code,
    open_merge_of,
    pair_of,
)
from kolonne.portal.identity import limits, mails
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope

VALID = timedelta(days=7)
"""How long a merge can be confirmed."""


@transaction.atomic
def offer_merge(*, actor: Actor, company: Company) -> Merge:
    """A code with which another company may ask to become part of this one; an earlier one is over by that.

    Raises NotAllowed; Conflict `merge_kind`, `merge_unverified`, `merge_leaving`, `merge_runs`, `too_many_codes`.
    """
    _require(actor, company.pk)
    _refuse_unfit_alone(company)
    if not limits.allows("case_code_made", actor.user_id):
        raise Conflict("too_many_codes", "enough codes for now")
    with company_scope([company.pk]):
        _lock([company.pk])
        _stop_open(company.pk)
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        merge = Merge.objects.create(
            stays=company.company, code=code, made_by_id=actor.user_id, expires_at=timezone.now() + VALID
        )
        audit.record(actor, "companies.merge.offered", on=company, company_id=company.pk)
    return merge


@transaction.atomic
def use_code(*, actor: Actor, company: Company, code: str) -> Merge:
    """The company looks at becoming part of the one whose code this is; nothing is asked for yet.

    Raises NotAllowed; NotFound for a code that nobody has (any more); Conflict as `propose_merge`.
    """
    _require(actor, company.pk)
    merge = merge_of_code(code)
    if merge is None or not merge.is_open or merge.gone_id not in {None, company.pk}:
        raise NotFound("code")
    with company_scope([company.pk, merge.stays_id]):
        _lock([company.pk, merge.stays_id])
        merge = Merge.objects.select_for_update().get(pk=merge.pk)
        if not merge.is_open or merge.gone_id not in {None, company.pk}:
            raise NotFound("code")
        if merge.stays_id == company.pk:
            raise Conflict("merge_same", "this is the company itself")
        _stop_open(company.pk, besides=merge.pk)
        merge.gone = company.company
        _refuse_unfit(pair_of(merge))
        merge.save(update_fields=["gone"])
    return merge


@transaction.atomic
def propose_merge(*, actor: Actor, gone: Company, stays: Company) -> Merge:
    """Somebody who administers both looks at it. Raises NotAllowed; Conflict `merge_same`, `merge_market`,
    `merge_kind`, `merge_unverified`, `merge_leaving`, `merge_runs`."""
    _require(actor, gone.pk)
    _require(actor, stays.pk)
    if gone.pk == stays.pk:
        raise Conflict("merge_same", "this is the company itself")
    with company_scope([gone.pk, stays.pk]):
        _lock([gone.pk, stays.pk])
        _refuse_unfit(Pair(gone, stays))
        _stop_open(gone.pk)
        _stop_open(stays.pk)
        expires_at = timezone.now() + VALID
        return Merge.objects.create(
            stays=stays.company, gone=gone.company, made_by_id=actor.user_id, expires_at=expires_at
        )


@transaction.atomic
def agree_to_merge(*, actor: Actor, merge: Merge, typed_name: str) -> Merge:
    """One side confirms, after it read what it brings about; whoever administers both confirms for both. First the
    company that goes, then the one that stays: by that it begins, and nobody takes it back.

    Raises NotAllowed, NotFound, Invalid unless the name of the company that goes was typed; Conflict `merge_over`,
    `merge_not_asked`, `merge_clash`, and as `propose_merge`.
    """
    pair = pair_of(merge)
    with company_scope([pair.gone.pk, pair.stays.pk]):
        _lock([pair.gone.pk, pair.stays.pk])
        locked = Merge.objects.select_for_update().get(pk=merge.pk)
        if not locked.is_open:
            raise Conflict("merge_over", "this merge is over, or runs already")
        for_gone, for_stays = (_may(actor, company.pk) for company in (pair.gone, pair.stays))
        if not (for_gone or for_stays):
            raise NotAllowed(MERGE)
        if " ".join(typed_name.split()) != " ".join(pair.gone.name.split()):
            raise Invalid("wrong_name", "this is not the company's name", {"name": f"exactly: {pair.gone.name}"})
        _refuse_unfit(pair)
        if found := clashes(pair):
            raise Conflict("merge_clash", f"both have the same in {', '.join(found)}")
        if for_gone and not is_asked(locked):
            _ask(actor, locked, pair, is_alone=not for_stays)
        if for_stays:
            _begin(actor, locked, pair)
    return locked


@transaction.atomic
def stop_merge(*, actor: Actor, merge: Merge) -> None:
    """Either side takes it back before both have confirmed. Raises NotAllowed; Conflict `merge_over`."""
    sides = [pk for pk in (merge.stays_id, merge.gone_id) if pk is not None]
    if actor.acting_for is not None or not any(actor.may(MERGE, pk) for pk in sides):
        raise NotAllowed(MERGE)
    with company_scope(sides):
        waiting = Merge.objects.filter(pk=merge.pk, confirmed_at=None, stopped_at=None)
        if waiting.update(stopped_at=timezone.now(), code=None) != 1:
            raise Conflict("merge_over", "this merge is over, or runs already")
        for company in Company.objects.filter(pk__in=sides).order_by("pk"):
            audit.record(actor, "companies.merge.stopped", on=company, company_id=company.pk)


def _require(actor: Actor, company_id: int) -> None:
    if actor.acting_for is not None:
        raise NotAllowed(MERGE)
    require(actor, MERGE, company_id)


def _may(actor: Actor, company_id: int) -> bool:
    return actor.acting_for is None and actor.may(MERGE, company_id)


def _lock(companies: list[int]) -> None:
    """In one order, as the deletion of a company does: first the tenant, then the company."""
    list(Tenant.objects.select_for_update(no_key=True).filter(pk__in=companies).order_by("pk").values_list("pk"))
    list(Company.objects.select_for_update(no_key=True).filter(pk__in=companies).order_by("pk").values_list("pk"))


def _stop_open(company_id: int, *, besides: int | None = None) -> None:
    """A company prepares one merge at a time; the last one counts."""
    mine = Merge.objects.filter(Q(stays=company_id) | Q(gone=company_id), confirmed_at=None, stopped_at=None)
    for merge in mine.exclude(pk=besides or 0):
        with company_scope([merge.stays_id, company_id]):
            Merge.objects.filter(pk=merge.pk).update(stopped_at=timezone.now(), code=None)


def _refuse_unfit_alone(company: Company) -> None:
    tenant = Tenant.objects.get(pk=company.pk)
    if tenant.kind != Kind.FLEET:
        raise Conflict("merge_kind", "only fleet companies are merged")
    if tenant.leaving_since is not None or tenant.closed_at is not None:
        raise Conflict("merge_leaving", f"{company} is being deleted")
    running = open_merge_of(company.pk)
    if running is not None and running.is_running:
        raise Conflict("merge_runs", f"a merge with {company} is running")


def _refuse_unfit(pair: Pair) -> None:
    for company in (pair.gone, pair.stays):
        _refuse_unfit_alone(company)
    if pair.gone.market_id != pair.stays.market_id:
        raise Conflict("merge_market", "the companies belong to different markets")
    if not is_known_to_be_real(pair):
        raise Conflict("merge_unverified", "a dealer has to verify both companies first")


def _ask(actor: Actor, merge: Merge, pair: Pair, *, is_alone: bool) -> None:
    """The company that goes wants it. Its other administrators are told while they can still stop it, and those of the
    other company, unless one of them did it himself."""
    merge.asked_at, merge.asked_by_id = timezone.now(), actor.user_id
    merge.save(update_fields=["asked_at", "asked_by"])
    audit.record(actor, "companies.merge.asked", on=pair.gone, company_id=pair.gone.pk, organisation=pair.stays.name)
    told = {"company": pair.stays.name, "other": pair.gone.name}
    for user in administrators(pair.gone.pk):
        if user.pk != actor.user_id and user.is_active and user.email:
            mails.post("merge_wanted", user, person=actor.label, **told)
    for user in administrators(pair.stays.pk) if is_alone else ():
        if user.is_active and user.email:
            mails.post("merge_asked", user, **told)


def _begin(actor: Actor, merge: Merge, pair: Pair) -> None:
    """From now on the people of the company that goes can only look, until they are people of the other."""
    if not is_asked(merge):
        raise Conflict("merge_not_asked", "the company that goes has not confirmed yet")
    gone, stays, now = pair.gone, pair.stays, timezone.now()
    # Companies that became part of this one earlier go along: their chains stay readable.
    Tenant.objects.filter(merged_into=gone.pk).update(merged_into=stays.pk)
    Tenant.objects.filter(pk=gone.pk).update(leaving_since=now, merged_into=stays.pk)
    for part in merge_parts():
        if part.begin is not None:
            part.begin(actor, gone, stays)
    merge.confirmed_at, merge.confirmed_by_id, merge.code = now, actor.user_id, None
    merge.gone_name = gone.name
    merge.people = list(Membership.objects.filter(company=gone).order_by("user_id").values_list("user_id", flat=True))
    merge.save(update_fields=["confirmed_at", "confirmed_by", "code", "gone_name", "people"])
    audit.record(actor, "companies.merge.begun", on=gone, company_id=gone.pk, organisation=stays.name)
    audit.record(actor, "companies.merge.begun", on=stays, company_id=stays.pk, organisation=gone.name)
    for user_id in merge.people:
        notify.notify(notify.PEOPLE, str(user_id))
    app.configure_task("companies.carry_out_merge").defer(gone=gone.pk, stays=stays.pk)
