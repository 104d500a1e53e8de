"""What the people of a dealer do with the case of a customer: open it, compare, decide (VE-02, VE-05)."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies import codes, hooks
from kolonne.portal.companies.actions.numbers import numbers_of, reserve_numbers
from kolonne.portal.companies.findings import Decision, Finding, check_decision
from kolonne.portal.companies.models import Company, Membership, Role, Tenant, VerificationCase
from kolonne.portal.companies.queries.desk import WRITE, CaseView, case_of_code, view_of
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions.verification import note_check
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.identity.personal_data import PersonalData
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope

REMOTE_VALID = timedelta(days=365)
"""How long a check from afar holds; then it is to be renewed."""

MAX_BOTH = 300
"""Of what is kept from both who checked from afar."""


@transaction.atomic
def open_case(*, actor: Actor, dealer_id: int, code: str) -> VerificationCase:
    """The case of a code; from the first time on it is this dealer's alone.

    Raises NotAllowed; NotFound for a code that nobody has; Conflict `other_market`, `other_dealer`, `closed_case`,
    `expired_case`, and `own_case` for people of the company itself.
    """
    require(actor, WRITE, dealer_id)
    case = case_of_code(codes.read(code))
    if case is None:
        raise NotFound("code")
    with company_scope([case.company_id]):
        _refuse_own(actor, case)
        if case.company.market_id != Tenant.objects.get(pk=dealer_id).market_id:
            raise Conflict("other_market", "this company belongs to another market")
        now = timezone.now()
        is_first = VerificationCase.objects.filter(pk=case.pk, dealer=None, closed_at=None, expires_at__gt=now).update(
            dealer=dealer_id,
            opened_at=now,
            opened_by=actor.label,
            opened_data=PersonalData.of(case.person).fingerprint,
        )
        case.refresh_from_db()
        _refuse_unfit(case, dealer_id)
        if is_first:
            audit.record(actor, "companies.case.opened", on=case, company_id=case.company_id, dealer=_name(dealer_id))
    return case


def _refuse_own(actor: Actor, case: VerificationCase) -> None:
    """Within the company's scope. Nobody verifies himself or a company to which he belongs."""
    is_own = Membership.objects.filter(company=case.company_id, user=actor.user_id).exists()
    if actor.user_id is None or actor.acting_for or is_own or actor.user_id == case.person_id:
        raise Conflict("own_case", "nobody verifies himself or a company to which he belongs")


def _refuse_unfit(case: VerificationCase, dealer_id: int | None) -> None:
    """Within the company's scope: what can be done with a case no more, or not by this dealer."""
    if dealer_id is not None and case.dealer_id not in {None, dealer_id}:
        raise Conflict("other_dealer", "another dealer opened this case")
    if case.closed_at is not None:
        raise Conflict("closed_case", "this case is closed")
    if case.expires_at <= timezone.now():
        raise Conflict("expired_case", "this case is too old")
    if case.company.company.leaving_since is not None:
        raise Conflict("company_leaving", "the company is being deleted")
    chiefs = Membership.objects.filter(company=case.company_id, roles__contains=[Role.ADMINISTRATOR])
    if not chiefs.filter(user=case.person_id).exists():
        raise Conflict("no_administrator", "the person does not administer the company any more")


def _name(dealer_id: int) -> str:
    with company_scope([dealer_id]):
        return Company.objects.values_list("name", flat=True).get(pk=dealer_id)


@transaction.atomic
def decide_case(*, actor: Actor, case: VerificationCase, seen: str, decision: Decision) -> VerificationCase:
    """Everything at once: person, company, things, and what waited for them goes on (VE-03). A case from afar needs
    the same findings of a second person first (VE-05).

    `seen`: of the `CaseView` that the dealer compared. Raises NotAllowed, Invalid; Conflict
    `case_changed`, `closed_case`, `expired_case`, `own_case`, `same_person`, `other_findings`, and `number_taken` when
    another verified company of the market has the number.
    """
    _require_desk(actor, case)
    with company_scope([case.company_id]):
        list(Company.objects.select_for_update(no_key=True).filter(pk=case.company_id).values_list("pk"))
        locked = VerificationCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
        _refuse_own(actor, locked)
        _refuse_unfit(locked, None)
        view = view_of(locked)
        if view.seen != seen:
            raise Conflict("case_changed", "the data of person or company were changed meanwhile")
        check_decision(view, decision)
        if decision.company and decision.company.verified:
            reserve_numbers(view.company, numbers_of(view.company))
        if locked.is_remote and not _is_second(actor, view, decision):
            return _propose(actor, view, decision)
        _apply(actor, view, decision)
    return locked


def _require_desk(actor: Actor, case: VerificationCase) -> None:
    """The dealer who opened the case; for the second check from afar also the market's administrator."""
    if case.dealer_id is None:
        raise NotFound("case")
    if actor.may(WRITE, case.dealer_id):
        return
    market = Tenant.objects.get(pk=case.dealer_id).market_id
    if not (case.is_remote and case.proposed_at and actor.may_in(WRITE, market)):
        raise NotAllowed(WRITE)


def _is_second(actor: Actor, view: CaseView, decision: Decision) -> bool:
    """False also when the data were changed since the first check: then nobody has seen what stands there now."""
    case = view.case
    if not view.is_proposed:
        return False
    if case.proposed_by is None or _is_same_person(actor, case.proposed_by):
        raise Conflict("same_person", "the second check is somebody else's")
    if _proposal(view, decision) != case.proposal:
        raise Conflict("other_findings", "the two checks differ")
    return True


def _is_same_person(actor: Actor, first: User) -> bool:
    """Also with a second account in the same name."""
    if actor.user_id == first.pk:
        return True
    return not PersonalData.of(User.objects.get(pk=actor.user_id or 0)).differences(PersonalData.of(first))


def _proposal(view: CaseView, decision: Decision) -> dict[str, object]:
    return {**decision.facts, "seen": view.seen}


def _propose(actor: Actor, view: CaseView, decision: Decision) -> VerificationCase:
    case = view.case
    case.proposed_by_id, case.proposed_at = actor.user_id, timezone.now()
    case.proposal, case.evidence = _proposal(view, decision), decision.evidence
    case.save(update_fields=["proposed_by", "proposed_at", "proposal", "evidence"])
    audit.record(actor, "companies.case.proposed", on=case, company_id=case.company_id, evidence=decision.evidence)
    return case


@transaction.atomic
def reject_proposal(*, actor: Actor, case: VerificationCase) -> None:
    """The second person does not agree: the first check has to be done anew. Raises NotAllowed, Conflict."""
    _require_desk(actor, case)
    with company_scope([case.company_id]):
        _refuse_own(actor, case)
        cleared: dict[str, Any] = {"proposed_by": None, "proposed_at": None, "proposal": {}, "evidence": ""}
        waiting = VerificationCase.objects.filter(pk=case.pk, closed_at=None).exclude(proposed_at=None)
        if waiting.update(**cleared) != 1:
            raise Conflict("closed_case", "there is no first check any more")
        audit.record(actor, "companies.case.rejected", on=case, company_id=case.company_id)


def _apply(actor: Actor, view: CaseView, decision: Decision) -> None:
    """Within the company's scope and the case's lock."""
    case, company = view.case, view.company
    _close(actor, case, decision)
    person, reason = decision.person, decision.person.reason
    stored = view.stored.fingerprint
    note_check(
        actor=actor, user=view.person, seen=stored, verified=person.verified, company_id=company.pk, reason=reason
    )
    if decision.company:
        _note_company(actor, view, decision.company)
    for key, finding in decision.items.items():
        hooks.decide_item(actor, company, key, finding.verified, finding.reason)
    if company.verification == Verification.VERIFIED:
        hooks.go_on(actor, company)
    _tell(view.person, company, decision, [item.label for item in view.items if not decision.items[item.key].verified])


def _close(actor: Actor, case: VerificationCase, decision: Decision) -> None:
    now = timezone.now()
    case.document, case.document_expires_on = decision.document, decision.expires_on
    case.person_result, case.person_reason = decision.person.result, decision.person.reason
    if decision.company:
        case.company_result, case.company_reason = decision.company.result, decision.company.reason
    case.closed_at, case.closed_by = now, actor.label
    if case.is_remote:
        case.evidence, case.renew_by = f"{case.evidence} · {decision.evidence}"[:MAX_BOTH], now + REMOTE_VALID
    case.save()
    facts: dict[str, Any] = {**decision.facts, **({"evidence": decision.evidence} if case.is_remote else {})}
    audit.record(actor, "companies.case.decided", on=case, company_id=case.company_id, **facts)


def _note_company(actor: Actor, view: CaseView, finding: Finding) -> None:
    company = view.company
    company.verification = finding.result
    company.verified_at = timezone.now() if finding.verified else company.verified_at
    company.verified_until = view.case.renew_by if finding.verified else None
    company.save(update_fields=["verification", "verified_at", "verified_until"])
    verb = "companies.company.verified" if finding.verified else "companies.company.refused"
    facts: dict[str, Any] = {"reason": finding.reason} if finding.reason else {}
    audit.record(actor, verb, on=company, company_id=company.pk, about=[view.person.pk], **facts)


def _tell(person: User, company: Company, decision: Decision, refused_items: list[str]) -> None:
    """The administrator, by mail: what was found, with the reasons of refusals."""
    company_refused = decision.company is not None and not decision.company.verified
    if decision.person.verified and not company_refused and not refused_items:
        mails.post("case_verified", person, company=company.name)
        return
    mails.post(
        "case_refused",
        person,
        company=company.name,
        person_reason=decision.person.reason,
        company_reason=decision.company.reason if decision.company else "",
        items=refused_items,
    )
