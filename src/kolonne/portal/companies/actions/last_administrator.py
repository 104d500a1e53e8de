"""No company loses its last administrator unnoticed: people are refused it, and the life cycle tells others first."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Company, Kind, Membership, Role, Tenant
from kolonne.portal.companies.queries import members, organisations_in
from kolonne.portal.identity import life_cycle, mails
from kolonne.portal.identity.life_cycle import Stage
from kolonne.portal.identity.models import OPEN_STATES, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.dates import long_date
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope, user_scope

log = structlog.get_logger()
TIME_TO_ACT = timedelta(days=7)
ACTOR = Actor.system("identity.life_cycle")


@transaction.atomic
def require_another(actor: Actor, company: Company, user: User) -> None:
    """Call it before an administrator is removed, blocked, deleted or loses the role. Raises Conflict.

    Race-free: the company's row stays locked until the caller's transaction ends, so that of two administrators who
    remove each other at the same time the second is refused. The system's own jobs obey it too.
    """
    with company_scope([company.pk]):
        _lock(company.pk)
        is_administrator = Membership.objects.filter(
            company=company, user=user, roles__contains=[Role.ADMINISTRATOR]
        ).exists()
        if is_administrator and not _others(company.pk, user):
            raise Conflict("last_administrator", f"{company} has no other administrator who can sign in")


def _lock(company_id: int) -> None:
    """In a statement of its own: what is read after it was committed before it."""
    list(Company.objects.select_for_update(no_key=True).filter(pk=company_id).values_list("pk"))


def _others(company_id: int, user: User) -> bool:
    administrators = Membership.objects.filter(company_id=company_id, roles__contains=[Role.ADMINISTRATOR])
    return administrators.exclude(user=user).filter(user__state__in=OPEN_STATES).exists()


def tell_before(user: User, stage: Stage, now: datetime) -> bool:
    """The life cycle's rule: whether the step may be taken now, as far as all companies of the person go.

    The dealer and the market's administrators are told with the warning (or the notice of deletion), and again before
    the lock (or the deletion), which then waits for `TIME_TO_ACT`. Whoever became the last administrator only after
    the first of these is told once, and the step waits as long.
    """
    with user_scope(user.pk):
        mine = list(Membership.objects.filter(user=user, roles__contains=[Role.ADMINISTRATOR]).order_by("company_id"))
    answers = [_may_lose(member, user, stage, now) for member in mine]
    return all(answers)


def _may_lose(member: Membership, user: User, stage: Stage, now: datetime) -> bool:
    with company_scope([member.company_id]):
        _lock(member.company_id)
        member.refresh_from_db()
        if _others(member.company_id, user):
            return True
        if not stage.is_second:
            _tell(member, user, stage, now)
            return True
        asked_at = member.successor_asked_at
        if asked_at is None or asked_at <= (user.life_cycle_at or user.last_sign_in_at):
            _tell(member, user, stage, now)
            return False
        return asked_at + TIME_TO_ACT <= now


def _tell(member: Membership, user: User, stage: Stage, now: datetime) -> None:
    """Within the company's scope."""
    company = Company.objects.select_related("company").get(pk=member.company_id)
    Membership.objects.filter(pk=member.pk).update(successor_asked_at=now)
    ends_at = (now + TIME_TO_ACT).date()
    if not stage.is_second:
        ends_at = life_cycle.earliest(_SECOND[stage.name], user.market, user, now)
    told = _who_looks_after(company, user)
    for helper in told:
        facts = {"company": company.name, "person": str(user), "step": stage.name}
        days = {"since": user.last_sign_in_at.date(), "on": ends_at}
        words = {name: long_date(day, helper.language) for name, day in days.items()}
        mails.post("life_cycle_last_administrator", helper, **facts, **words)
    if not told:
        log.warning("nobody to tell of a last administrator", company=company.pk)
    audit.record(
        ACTOR, "companies.last_administrator.told", on=user, company_id=company.pk, step=stage.name, people=len(told)
    )


_SECOND = {"warn": life_cycle.LOCK, "notice": life_cycle.DELETE}


def _who_looks_after(company: Company, user: User) -> list[User]:
    """The partner's administrators, and the market's administrators."""
    found = {one.pk: one for one in _holders(company.partner_id, Role.ADMINISTRATOR)} if company.partner_id else {}
    kinds = Tenant.objects.filter(pk__in=organisations_in([company.market_id]), kind=Kind.OPERATOR)
    for operator in kinds.order_by("pk").values_list("pk", flat=True):
        found |= {one.pk: one for one in _holders(operator, Role.MARKET_ADMINISTRATOR)}
    return [one for one in found.values() if one.pk != user.pk]


def _holders(company_id: int, role: Role) -> list[User]:
    people = [member.user for member in members(company_id) if role in member.roles]
    return [person for person in people if person.state in OPEN_STATES]
