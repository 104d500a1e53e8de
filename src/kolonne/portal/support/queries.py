"""Whom a helper may help, whether he still may, and what either of the two sees of it."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.utils import timezone

from kolonne.portal.companies.models import Company, Kind, Membership, Tenant
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.desk import customers_of
from kolonne.portal.companies.queries.directory import CUSTOMERS
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import MAX_LABEL, ActingFor, Actor
from kolonne.portal.lib.scope import company_scope, user_scope
from kolonne.portal.support.acting import DENIED, SESSION, Acting, Over
from kolonne.portal.support.models import ActingSession, Ended, SupportPassword
from kolonne.portal.support.permissions import ACT_FOR

LAST = 20
"""Sessions in a list."""


@dataclass(frozen=True)
class Post:
    """As whose employee somebody helps: a dealer's his customers, an operator's agent everybody in the market."""

    organisation: int
    name: str
    market: str
    is_dealer: bool


def post_of(actor: Actor) -> Post | None:
    """In the organisation that is open; None when the actor helps nobody there, or acts for somebody just now."""
    if actor.acting_for is not None:
        return None
    tenants = Tenant.objects.filter(pk__in=actor.company_ids, closed_at=None).order_by("pk")
    for tenant in tenants:
        is_dealer = tenant.kind == Kind.DEALER and actor.may(ACT_FOR, tenant.pk)
        if is_dealer or (tenant.kind == Kind.OPERATOR and actor.may_in(ACT_FOR, tenant.market_id)):
            with company_scope([tenant.pk]):
                name = Company.objects.get(pk=tenant.pk).name
            return Post(tenant.pk, name, tenant.market_id, is_dealer)
    return None


def may_help(actor: Actor) -> bool:
    """Whether somebody helps customers at all, by his rights alone: asked for the menu of every page."""
    everywhere = (*actor.rights.values(), *actor.markets.values())
    return actor.acting_for is None and any(ACT_FOR in rights for rights in everywhere)


def companies_to_help(post: Post, helper_id: int, user: User) -> list[int]:
    """Ids of the companies in which a helper may act for a person once he has the support password.

    Never for oneself, for colleagues, for other helpers, or for anybody who belongs to an operator.
    """
    if user.pk == helper_id or not user.is_active:
        return []
    with user_scope(user.pk):
        ids = list(Membership.objects.filter(user=user).values_list("company_id", flat=True))
    tenants = list(Tenant.objects.filter(pk__in=ids))
    if post.organisation in ids or any(tenant.kind == Kind.OPERATOR for tenant in tenants) or _is_helper(user):
        return []
    staying = [one for one in tenants if one.kind in CUSTOMERS and not one.leaving_since and not one.closed_at]
    if post.is_dealer:
        customers = customers_of(post.organisation)  # who chose the dealer as partner, or came to it (VE-04)
        return [tenant.pk for tenant in staying if tenant.pk in customers]
    return [tenant.pk for tenant in staying if tenant.market_id == post.market]


def _is_helper(user: User) -> bool:
    actor = actor_of(user)
    return any(ACT_FOR in rights for rights in (*actor.rights.values(), *actor.markets.values()))


def names_of(companies: list[int]) -> list[tuple[int, str]]:
    """(id, name), by name, to choose from."""
    with company_scope(companies):
        return list(Company.objects.filter(pk__in=companies).order_by("name", "pk").values_list("pk", "name"))


def state_of(user: User) -> SupportPassword | None:
    """For the person himself only: whether something is set, and whether it is frozen."""
    return SupportPassword.objects.filter(user=user).first()


def why_over(row: ActingSession, *, now: datetime) -> Ended | None:
    """What ends an acting session by itself; None while it goes on. Everything is read anew."""
    agent, user = row.agent, row.user
    if now >= row.ends_at:
        return Ended.TIME
    if not agent.is_active:
        return Ended.HELPER
    is_there = Session.objects.filter(session_key=row.session_key, expire_date__gt=now).exists()
    if agent.session_epoch != row.session_epoch or not is_there:
        return Ended.SIGNED_OUT
    post = post_of(actor_of(agent).within(row.organisation_id))
    if post is None or post.organisation != row.organisation_id:
        return Ended.HELPER
    if not user.is_active or row.company_id not in actor_of(user).rights:
        return Ended.PERSON
    return None if row.company_id in companies_to_help(post, agent.pk, user) else Ended.COMPANY


def look(session: SessionBase, own: Actor, *, now: datetime | None = None) -> Acting | Over | None:
    """Whether this browser acts for somebody. Asked before every page; None costs nothing."""
    number = session.get(SESSION)
    if number is None or own.user_id is None:
        return None
    row = find(own.user_id, number)
    if row is None or row.agent_id != own.user_id or row.session_key != session.session_key:
        return Over(None, Ended.SIGNED_OUT)
    reason = Ended(row.ended_by) if row.ended_at else why_over(row, now=now or timezone.now())
    if reason is not None:
        return Over(row, reason)
    rights = actor_of(row.user).rights[row.company_id] - DENIED.keys()
    with company_scope([row.company_id]):
        company_name = Company.objects.get(pk=row.company_id).name
    actor = Actor(
        label=label_of(row),
        user_id=own.user_id,
        address=own.address,
        rights={row.company_id: rights},
        acting_for=ActingFor(row.user_id, str(row.user)[:MAX_LABEL], row.pk),
    )
    return Acting(row, actor, company_name)


def hold(row: ActingSession) -> Over | None:
    """Nobody ends it before the transaction is over, so that nothing is done after the end; tells if it has ended.

    Needs the company's scope.
    """
    now = ActingSession.objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
    return Over(row, Ended(now.ended_by)) if now.ended_at else None


def label_of(row: ActingSession) -> str:
    """Helper and organisation, as audit, banner and mails name them."""
    return f"{row.agent_label} ({row.organisation_label})"[:MAX_LABEL]


def find(reader_id: int, pk: int) -> ActingSession | None:
    """A session of which the reader is one of the two people."""
    with user_scope(reader_id):
        return ActingSession.objects.select_related("user__market", "agent", "organisation").filter(pk=pk).first()


def working_for(user_id: int) -> list[ActingSession]:
    """Who works in a person's name now. Needs the person's scope, which every page has open for him anyway."""
    return list(ActingSession.objects.filter(user_id=user_id, ended_at=None, ends_at__gt=timezone.now()).order_by("pk"))


def sessions_of(user: User) -> list[ActingSession]:
    """Those in a person's name, the newest first."""
    with user_scope(user.pk):
        return list(ActingSession.objects.filter(user=user).order_by("-pk")[:LAST])


def sessions_by(agent_id: int) -> list[ActingSession]:
    """Those of a helper, the newest first."""
    with user_scope(agent_id):
        return list(ActingSession.objects.filter(agent_id=agent_id).select_related("user").order_by("-pk")[:LAST])
