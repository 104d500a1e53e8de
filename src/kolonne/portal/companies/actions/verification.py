"""What the administrator of a fleet company does to have it verified by a dealer (VE-02), and how long it holds."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.codes import ALPHABET, LENGTH
from kolonne.portal.companies.gate import ASK
from kolonne.portal.companies.models import Company, Kind, VerificationCase
from kolonne.portal.companies.queries import administrators
from kolonne.portal.companies.queries.verification import lapsed
from kolonne.portal.identity import limits, mails
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.identity.personal_data import PersonalData
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.lib.scope import company_scope

CASE_VALID = timedelta(days=30)
"""How long a code opens a case."""


@transaction.atomic
def start_case(*, actor: Actor, company: Company, is_remote: bool = False) -> VerificationCase:
    """A case of the actor himself, with a code to show; his earlier one is over by that.

    Raises NotAllowed, also for who acts in somebody's name; Conflict `incomplete` without names and date of birth,
    because the dealer compares them, `too_many_codes`, and `no_customer` for what no dealer verifies.
    """
    require(actor, ASK, company.pk)
    if actor.user_id is None or actor.acting_for is not None:
        raise NotAllowed(ASK)
    if company.kind != Kind.FLEET:
        raise Conflict("no_customer", f"a {company.kind} is not verified by a dealer")
    person = User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.user_id)
    if not PersonalData.of(person).is_complete:
        raise Conflict("incomplete", "the dealer compares names and date of birth: give them first")
    now = timezone.now()
    if not limits.allows("case_code_made", person.pk):
        raise Conflict("too_many_codes", "enough codes for now")
    with company_scope([company.pk]):
        earlier = VerificationCase.objects.filter(company=company, person=person, closed_at=None)
        earlier.update(closed_at=now, closed_by=actor.label)
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        case = VerificationCase.objects.create(
            company=company, person=person, code=code, is_remote=is_remote, created_at=now, expires_at=now + CASE_VALID
        )
        audit.record(actor, "companies.case.started", on=case, company_id=company.pk, is_remote=is_remote)
    return case


def end_lapsed(*, actor: Actor, now: datetime) -> int:
    """Companies that were checked from afar too long ago wait for a dealer again (VE-05); how many. Safe to run at any
    time and any number of times. What runs goes on, as after a change of name."""
    return sum(_end(actor, company_id, now) for company_id in lapsed(now))


@transaction.atomic
def _end(actor: Actor, company_id: int, now: datetime) -> bool:
    with company_scope([company_id]):
        company = Company.objects.select_for_update(of=("self",), no_key=True).get(pk=company_id)
        if company_id not in lapsed(now):
            return False  # checked anew at this very moment
        company.verification = Verification.UNVERIFIED
        company.save(update_fields=["verification"])
        audit.record(actor, "companies.company.check_lapsed", on=company, company_id=company_id)
        for user in administrators(company_id):
            if user.is_active:
                mails.post("check_lapsed", user, company=company.name)
    return True
