"""People ask to be deleted (CO-06, GDPR Art. 17): their administrators act, after some weeks the operator's people."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Company, Kind, Membership, Role, Tenant
from kolonne.portal.companies.queries import administrators, members
from kolonne.portal.companies.queries.deletions import due_on
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions.erasure import delete_user
from kolonne.portal.identity.models import OPEN_STATES, PrivateProfile, State, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.dates import long_date
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.lib.scope import company_scope, user_scope

log = structlog.get_logger()
RIGHT = "identity.user:delete"
"""What a refusal names: nobody has it over somebody else."""


@transaction.atomic
def ask_for_deletion(*, actor: Actor, user: User) -> User:
    """The person wants to be deleted; asking again changes nothing. Where nobody else administers the company, the
    operator's people are told at once.

    Raises NotAllowed for anybody else; Conflict for somebody who belongs nowhere, for he can do it himself.
    """
    person = _himself(actor, user)
    companies = _companies_of(person)
    if not companies:
        raise Conflict("no_organisation", f"{person} belongs to no organisation")
    if person.deletion_asked_at is not None:
        return person
    person.deletion_asked_at = timezone.now()
    reached = [_tell_administrators(person, company) for company in companies]
    if not all(reached):
        person.deletion_told_at = person.deletion_asked_at
        _tell_market(person)
    person.save(update_fields=["deletion_asked_at", "deletion_told_at"])
    for company in companies:
        with company_scope([company]):
            audit.record(actor, "companies.deletion.asked", on=person, company_id=company)
    mails.post("deletion_noted", person, on=_until(person, person))
    return person


@transaction.atomic
def withdraw(*, actor: Actor, user: User) -> User:
    """The person stays. Raises NotAllowed for anybody else, Conflict when nothing was asked."""
    person = _himself(actor, user)
    if person.deletion_asked_at is None:
        raise Conflict("not_asked", f"{person} has not asked for it")
    person.deletion_asked_at = person.deletion_told_at = None
    person.save(update_fields=["deletion_asked_at", "deletion_told_at"])
    for company in _companies_of(person):
        with company_scope([company]):
            audit.record(actor, "companies.deletion.withdrawn", on=person, company_id=company)
    return person


@transaction.atomic
def delete_oneself(*, actor: Actor, user: User) -> User:
    """At once and for good, for somebody who belongs to no organisation. Raises NotAllowed, Conflict."""
    person = _himself(actor, user)
    if _companies_of(person):
        raise Conflict("has_organisation", f"{person} belongs to an organisation")
    if PrivateProfile.objects.filter(user=person).exists():
        raise Conflict("has_private", f"{person} has a private account, which has its own page")
    return delete_user(actor=actor, user=person, mail="own_account_deleted")


def escalate(*, actor: Actor, now: datetime) -> int:
    """Tells the operator's people of everybody whose administrators did not act in time; says of how many. Each is a
    transaction of its own, and nobody is told of twice: it may be killed and run again."""
    due = User.objects.filter(
        deletion_asked_at__lte=now - timedelta(days=settings.DELETION_DAYS), deletion_told_at=None
    )
    waiting = list(due.exclude(state=State.DELETED).order_by("pk").values_list("pk", flat=True))
    return sum(_escalate(actor, pk, now) for pk in waiting)


@transaction.atomic
def _escalate(actor: Actor, pk: int, now: datetime) -> bool:
    waits = User.objects.filter(pk=pk, deletion_asked_at__isnull=False, deletion_told_at=None)
    if waits.exclude(state=State.DELETED).update(deletion_told_at=now) != 1:
        return False  # withdrawn or deleted meanwhile, or another worker was faster
    person = User.objects.get(pk=pk)
    told = _tell_market(person)
    for company in _companies_of(person):
        with company_scope([company]):
            audit.record(actor, "companies.deletion.overdue", on=person, company_id=company, people=told)
    return True


def _himself(actor: Actor, user: User) -> User:
    """The person as he is now, locked: whoever adds him to a company meanwhile waits."""
    if actor.user_id != user.pk or actor.acting_for is not None:
        raise NotAllowed(RIGHT)
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _companies_of(user: User) -> list[int]:
    with user_scope(user.pk):
        return list(Membership.objects.filter(user=user).order_by("company_id").values_list("company_id", flat=True))


def _tell_administrators(person: User, company_id: int) -> bool:
    """Whether there is somebody who can act."""
    others = [one for one in administrators(company_id) if one.pk != person.pk and one.state in OPEN_STATES]
    with company_scope([company_id]):
        name = Company.objects.values_list("name", flat=True).get(pk=company_id)
    _post("deletion_asked", person, others, company=name)
    return bool(others)


def _tell_market(person: User) -> int:
    """The market's administrators; how many they are."""
    operators = Tenant.objects.filter(kind=Kind.OPERATOR, market=person.market_id, closed_at=None).order_by("pk")
    found = {
        member.user_id: member.user
        for operator in operators.values_list("pk", flat=True)
        for member in members(operator)
        if Role.MARKET_ADMINISTRATOR in member.roles and member.user.state in OPEN_STATES
    }
    found.pop(person.pk, None)
    _post("deletion_overdue", person, found.values())
    if not found:
        log.warning("nobody to tell of a request for deletion", person=person.pk)
    return len(found)


def _post(mail: str, person: User, readers: Iterable[User], **facts: str) -> None:
    for reader in readers:
        mails.post(mail, reader, person=str(person), on=_until(person, reader), **facts)


def _until(person: User, reader: User) -> str:
    asked_at = person.deletion_asked_at or timezone.now()
    return long_date(due_on(asked_at), reader.language)
