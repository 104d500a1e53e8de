"""What of acting sessions goes to a person or company that asks for its data, and what goes away with them."""

from collections.abc import Iterable
from typing import Any

from kolonne.portal.companies.hooks import Departure
from kolonne.portal.companies.models import Company
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope, user_scope
from kolonne.portal.support.actions import sessions
from kolonne.portal.support.models import ActingSession, Ended, SupportPassword

AT_ONCE = 500
"""Rows that one run of an erasure deletes."""
_FIELDS = ("started_at", "ends_at", "ended_at", "ended_by", "agent_label", "organisation_label")


def of_person(user: User) -> dict[str, Any]:
    """For the person himself: when a support password was set, and who worked in his name. No secrets."""
    password = SupportPassword.objects.filter(user=user).values("changed_at", "frozen_at", "wrong_tries").first()
    with user_scope(user.pk):
        sessions = ActingSession.objects.filter(user=user).order_by("pk")
        return {"support_password": password, "sessions_in_my_name": list(sessions.values(*_FIELDS))}


def of_company(company: Company) -> Iterable[dict[str, Any]]:
    """For a company's export. Needs its scope."""
    rows = ActingSession.objects.filter(company=company).order_by("pk")
    return list(rows.values("user_id", "agent_id", *_FIELDS))


def forget_person(actor: Actor, user: User) -> None:
    """With a person go his support password and the sessions in his name; those of a helper lose the name."""
    SupportPassword.objects.filter(user=user).delete()
    with user_scope(user.pk):
        rows = list(ActingSession.objects.filter(user=user)) + list(ActingSession.objects.filter(agent=user))
    for row in rows:
        with company_scope([row.company_id]):
            if row.user_id == user.pk:
                row.delete()
            else:
                ActingSession.objects.filter(pk=row.pk).update(agent_label=f"person {user.pk}")


def end_sessions(actor: Actor, company: Company) -> None:
    """Helpers stop at once, and their open pages ask anew what they may show."""
    rows = ActingSession.objects.select_related("user__market", "agent", "organisation")
    for row in rows.filter(company=company, ended_at=None).order_by("pk"):
        sessions.end(actor=actor, row=row, reason=Ended.COMPANY)


def erase_company(actor: Actor, company: Company) -> bool:
    """Some sessions of a company that is erased; True when none is left."""
    ids = list(ActingSession.objects.filter(company=company).values_list("pk", flat=True)[:AT_ONCE])
    ActingSession.objects.filter(pk__in=ids).delete()
    return len(ids) < AT_ONCE


DEPARTURE = Departure("support", consequences=lambda company: [], at_once=end_sessions, erase=erase_company)
