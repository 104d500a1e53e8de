"""Companies that nobody administers any more, on their way back (CO-10)."""

from datetime import datetime

from django.db.models import Q

from kolonne.portal.companies.models import Company, Kind, Membership, Recovery, Role, Tenant
from kolonne.portal.companies.queries.directory import may_at
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import all_companies, company_scope

STOP = "companies.member:write"
"""Who may do this in the company, or for its market, stops a recovery."""


def is_orphaned(company: Company) -> bool:
    """Whether nobody who can sign in administers a fleet company."""
    if company.kind != Kind.FLEET:
        return False
    with company_scope([company.pk]):
        administrators = Membership.objects.filter(company=company, roles__contains=[Role.ADMINISTRATOR])
        return not administrators.filter(user__is_active=True).exists()


def person_named(name: str) -> User | None:
    """Somebody by his user id or e-mail address, as he says it at the counter."""
    return User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)).first() if name else None


def recovery_of(company: Company) -> Recovery | None:
    """The one that waits."""
    with company_scope([company.pk]):
        waiting = Recovery.objects.filter(company=company, done_at=None, stopped_at=None)
        return waiting.select_related("person").first()


def get_recovery_for(actor: Actor, pk: int) -> Recovery:
    """Raises NotFound to everybody who may not stop it."""
    own = [company for company in actor.company_ids if actor.may(STOP, company)]
    markets = [market for market, rights in actor.markets.items() if STOP in rights]
    ids = {*own, *Tenant.objects.filter(market__in=markets).values_list("pk", flat=True)}
    with company_scope(ids):
        found = Recovery.objects.select_related("company__company", "person").filter(pk=pk).first()
    if found is None or not may_at(actor, STOP, found.company.company):
        raise NotFound("recovery")
    return found


def due_recoveries(now: datetime) -> list[tuple[int, int]]:
    """(company, recovery) of all companies whose waiting period is over: for the job alone."""
    with company_scope(all_companies()):
        due = Recovery.objects.filter(done_at=None, stopped_at=None, takes_effect_at__lte=now)
        return list(due.order_by("pk").values_list("company_id", "pk"))


def to_be_told(company: Company) -> tuple[list[User], list[User]]:
    """All members, above all those who cannot sign in: it is their place; and the administrators of the market."""
    with company_scope([company.pk]):
        rows = Membership.objects.filter(company=company).exclude(user__state=State.DELETED).select_related("user")
        people = [row.user for row in rows.order_by("pk")]
    operators = list(
        Tenant.objects.filter(market=company.market_id, kind=Kind.OPERATOR, closed_at=None).values_list("pk", flat=True)
    )
    with company_scope(operators):
        rows = Membership.objects.filter(
            company__in=operators, roles__contains=[Role.MARKET_ADMINISTRATOR], user__is_active=True
        )
        return people, [row.user for row in rows.select_related("user").order_by("pk")]
