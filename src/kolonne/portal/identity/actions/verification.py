"""A dealer compared a person with his identity document (VE-02)."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.identity.personal_data import PersonalData
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict


@transaction.atomic
def note_check(*, actor: Actor, user: User, seen: str, verified: bool, company_id: int, reason: str = "") -> User:
    """Writes what a dealer found of a person; the caller has checked that he may say so.

    Raises Conflict `case_changed` when the person's data are not those that the dealer saw (`seen`, a fingerprint), and
    `own_case` for somebody who would verify himself.
    """
    person = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    if actor.user_id == person.pk:
        raise Conflict("own_case", "nobody verifies himself")
    if PersonalData.of(person).fingerprint != seen:
        raise Conflict("case_changed", "the person's data were changed meanwhile")
    person.verification = Verification.VERIFIED if verified else Verification.REFUSED
    person.verified_at = timezone.now() if verified else person.verified_at
    person.save(update_fields=["verification", "verified_at"])
    verb = "identity.user.verified" if verified else "identity.user.refused"
    facts: dict[str, Any] = {"reason": reason} if reason else {}
    audit.record(actor, verb, on=person, company_id=company_id, **facts)
    return person
