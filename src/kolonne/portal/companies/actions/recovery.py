"""An orphaned company gets an administrator again: a dealer vouches, everybody is told, a period passes (CO-10)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.actions.organisations import add_member
from kolonne.portal.companies.models import Company, Document, Membership, Recovery, Role
from kolonne.portal.companies.queries.desk import WRITE, customers_of
from kolonne.portal.companies.queries.directory import require_at
from kolonne.portal.companies.queries.recovery import STOP, due_recoveries, is_orphaned, recovery_of, to_be_told
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions.verification import note_check
from kolonne.portal.identity.models import OPEN_STATES, User
from kolonne.portal.identity.personal_data import PersonalData
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.dates import long_date
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound
from kolonne.portal.lib.scope import company_scope

RECOVERY_WAIT = timedelta(days=14)
"""How long everybody concerned can object before somebody becomes administrator."""


@dataclass(frozen=True)
class Voucher:
    """What a dealer saw of the person who shall administer the company."""

    typed: PersonalData
    document: str
    expires_on: date
    reason: str


@transaction.atomic
def open_recovery(*, actor: Actor, dealer_id: int, company: Company, user: User, voucher: Voucher) -> Recovery:
    """Begins the waiting period. All members and the market's administrators are told by mail.

    Raises NotAllowed; NotFound for a company that is no customer; Conflict `not_orphaned`, `recovery_runs`, `own_case`
    for oneself or one's own company, `own_people`; Invalid `unfit_document`, also when it is another person's.
    """
    require(actor, WRITE, dealer_id)
    if company.pk not in customers_of(dealer_id):
        raise NotFound("customer")
    _check_document(user, voucher)
    with company_scope([company.pk]):
        list(Company.objects.select_for_update(no_key=True).filter(pk=company.pk).values_list("pk"))
        _check_state(actor, company, user)
        _refuse_colleague(dealer_id, user)
        now = timezone.now()
        recovery = Recovery.objects.create(
            company=company, person=user, dealer_id=dealer_id, opened_by=actor.label, reason=voucher.reason,
            opened_at=now, takes_effect_at=now + RECOVERY_WAIT,
        )  # fmt: skip
        seen = PersonalData.of(user).fingerprint
        note_check(actor=actor, user=user, seen=seen, verified=True, company_id=company.pk)
        facts: dict[str, Any] = {
            "document": voucher.document,
            "expires_on": voucher.expires_on.isoformat(),
            "reason": voucher.reason,
        }
        audit.record(actor, "companies.recovery.opened", on=recovery, company_id=company.pk, **facts)
    _tell("recovery_opened", recovery, company)
    return recovery


def _check_document(user: User, voucher: Voucher) -> None:
    """One refusal for all of it, so that nobody learns by trying who somebody is."""
    stored = PersonalData.of(user)
    fits = stored.is_complete and not voucher.typed.differences(stored)
    is_valid = voucher.document in Document.values and voucher.expires_on >= timezone.localdate()
    if not (fits and is_valid and user.state in OPEN_STATES and voucher.reason.strip()):
        raise Invalid("unfit_document", "the document does not fit the person", {"person": "as in the document"})


def _check_state(actor: Actor, company: Company, user: User) -> None:
    is_own = Membership.objects.filter(company=company, user=actor.user_id).exists()
    if actor.user_id is None or actor.acting_for or is_own or user.pk == actor.user_id:
        raise Conflict("own_case", "nobody recovers his own company")
    if company.company.leaving_since or company.company.closed_at:
        raise Conflict("company_leaving", "the company is being deleted")
    if not is_orphaned(company):
        raise Conflict("not_orphaned", "somebody administers this company")
    if recovery_of(company) is not None:
        raise Conflict("recovery_runs", "a recovery waits already")


def _refuse_colleague(dealer_id: int, user: User) -> None:
    with company_scope([dealer_id]):
        if Membership.objects.filter(company=dealer_id, user=user).exists():
            raise Conflict("own_people", "no dealer hands a customer's company to his own people")


@transaction.atomic
def stop_recovery(*, actor: Actor, recovery: Recovery) -> None:
    """By whoever administers the company again, or the market. Raises NotAllowed, Conflict when it is over."""
    with company_scope([recovery.company_id]):
        company = Company.objects.select_related("company__market").get(pk=recovery.company_id)
        require_at(actor, STOP, company.company)
        _stop(actor, recovery)
    _tell("recovery_stopped", recovery, company)


def _stop(actor: Actor, recovery: Recovery) -> None:
    waiting = Recovery.objects.filter(pk=recovery.pk, done_at=None, stopped_at=None)
    if waiting.update(stopped_at=timezone.now(), stopped_by=actor.label) != 1:
        raise Conflict("recovery_over", "this recovery is over already")
    audit.record(actor, "companies.recovery.stopped", on=recovery, company_id=recovery.company_id)


def finish_recoveries(*, actor: Actor, now: datetime) -> int:
    """Those whose waiting period is over; how many took effect. Safe to run at any time and any number of times."""
    return sum(_finish(actor, company_id, pk, now) for company_id, pk in due_recoveries(now))


@transaction.atomic
def _finish(actor: Actor, company_id: int, pk: int, now: datetime) -> bool:
    """One; stopped instead if somebody administers the company again, or the person cannot sign in any more."""
    with company_scope([company_id]):
        company = Company.objects.select_for_update(of=("self",), no_key=True).select_related("company__market")
        found = company.get(pk=company_id)
        recovery = Recovery.objects.select_related("person").filter(pk=pk, done_at=None, stopped_at=None).first()
        if recovery is None:
            return False  # another worker, or whoever stopped it, was faster
        person_can = recovery.person.state in OPEN_STATES and not found.company.leaving_since
        if not is_orphaned(found) or not person_can:
            _stop(actor, recovery)
            return False
        if Recovery.objects.filter(pk=pk, done_at=None, stopped_at=None).update(done_at=now) != 1:
            return False
        _make_administrator(actor, found, recovery.person)
        audit.record(actor, "companies.recovery.done", on=recovery, company_id=company_id)
    _tell("recovery_done", recovery, found)
    return True


def _make_administrator(actor: Actor, company: Company, person: User) -> None:
    member = Membership.objects.filter(company=company, user=person).first()
    if member is None:
        add_member(actor=actor, company=company, user=person, roles=[Role.ADMINISTRATOR])
        return
    before = sorted(member.roles)
    member.roles = sorted({*before, Role.ADMINISTRATOR})
    member.save(update_fields=["roles"])
    verb = "companies.member.roles_changed"
    audit.record(actor, verb, on=person, company_id=company.pk, before=before, after=member.roles)


def _tell(mail: str, recovery: Recovery, company: Company) -> None:
    """Members and market administrators; the latter find the page on which it is stopped."""
    people, helpers = to_be_told(company)
    others = {user.pk: user for user in (*people, recovery.person)}
    for user in (*others.values(), *(helper for helper in helpers if helper.pk not in others)):
        day = long_date(recovery.takes_effect_at.date(), user.language)
        page = recovery.pk if user.pk not in others else 0
        mails.post(
            mail, user, company=company.name, person=str(recovery.person), on=day, page=page, by=recovery.opened_by
        )
