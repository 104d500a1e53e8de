"""Which people somebody may see in user management, and what he sees of them (ID-09)."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from operator import and_
from typing import Any, cast

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.audit.texts import LOOKED
from kolonne.portal.companies.models import ROLES, Company, Kind, Membership, Tenant
from kolonne.portal.companies.queries import organisations_in
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.second_factor import FACTORS
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import company_scope, memberships_scope, user_scope

READ = "companies.member:read"
WRITE = "companies.member:write"
HELP = "companies.member:help"
PER_PAGE = 50
HISTORY_LENGTH = 30


@dataclass(frozen=True)
class Wanted:
    """What the list of people shows."""

    search: str = ""
    state: str = ""
    organisation: int | None = None
    page: str = "1"


@dataclass(frozen=True)
class Listing:
    """A page of people, and how many there are in each state."""

    people: "Page[User]"
    states: dict[str, int]
    elsewhere: int = 0
    """Members of organisations in the actor's markets for whom another market is responsible."""


@dataclass(frozen=True)
class Detail:
    """What the page about one person shows."""

    user: User
    memberships: list[Membership]
    factors: list[str]
    """Their kinds; never what they hold."""
    sessions: int
    history: list[Entry] = field(default_factory=list)

    @property
    def why(self) -> Entry | None:
        """What brought the person into his state, if the viewer may see it."""
        since = self.user.state_since - timedelta(seconds=1)
        return next((entry for entry in reversed(self.history) if entry.at >= since), None)


def markets_with(actor: Actor, right: str) -> list[str]:
    """Where somebody may do something in all organisations."""
    return sorted(market for market, rights in actor.markets.items() if right in rights)


def companies_with(actor: Actor, right: str) -> list[int]:
    """The open company, if he may do something there."""
    return [company for company in actor.company_ids if actor.may(right, company)]


def helps(actor: Actor) -> bool:
    """Whether somebody helps people with their sign-in. Mere colleagues do not read when and how others sign in."""
    return bool(companies_with(actor, HELP) or markets_with(actor, HELP))


@contextmanager
def looking_everywhere(actor: Actor) -> Iterator[None]:
    """For a market's helper all memberships are open: one in another market or in an operator's organisation takes
    a person out of his hands. What he is shown of them is read in his own organisations only."""
    with company_scope(actor.company_ids), memberships_scope() if actor.markets else nullcontext():
        yield


@contextmanager
def _looking_at_home(actor: Actor) -> Iterator[None]:
    with company_scope(own_organisations(actor)):
        yield


def own_organisations(actor: Actor) -> list[int]:
    """Ids of the organisations whose people somebody may see."""
    return sorted({*companies_with(actor, READ), *organisations_in(markets_with(actor, READ))})


def in_the_hands_of(actor: Actor, right: str) -> Q:
    """People of the actor's markets, as `rights_over` decides for one; to be used within `looking_everywhere`."""
    # By way of the tenants, which everybody may read; the companies themselves are closed.
    inside = Tenant.objects.filter(pk=OuterRef("company"), market=OuterRef("user__market")).exclude(kind=Kind.OPERATOR)
    outside = Membership.objects.filter(~Exists(inside), user=OuterRef("pk"))
    return Q(market__in=markets_with(actor, right)) & ~Exists(outside) & ~Q(pk=actor.user_id)


def _visible(actor: Actor) -> QuerySet[User]:
    """Within `looking_everywhere`."""
    colleagues = Membership.objects.filter(company__in=companies_with(actor, READ), user=OuterRef("pk"))
    return User.objects.filter(Exists(colleagues) | in_the_hands_of(actor, READ))


def list_people(actor: Actor, wanted: Wanted) -> Listing:
    """A page of the people that somebody may see, by name. The number of queries does not grow with them."""
    with looking_everywhere(actor):
        found = _searched(_visible(actor), wanted)
        if wanted.organisation is not None:
            shown = {wanted.organisation}.intersection(own_organisations(actor))
            found = found.filter(Exists(Membership.objects.filter(company__in=shown, user=OuterRef("pk"))))
        states = dict(found.order_by().values_list("state").annotate(Count("pk")))
        chosen = found.filter(state=wanted.state) if wanted.state else found.exclude(state=State.DELETED)
        pages = Paginator(chosen.order_by("last_name", "first_name", "username").values_list("pk", flat=True), PER_PAGE)
        page = pages.get_page(wanted.page)
        ids = list(page.object_list)
        elsewhere = _elsewhere(actor)
    rows: Page[Any] = Page(_rows(actor, ids), page.number, cast(Any, pages))  # as many rows as ids
    return Listing(rows, states, elsewhere)


def _searched(people: QuerySet[User], wanted: Wanted) -> QuerySet[User]:
    """Every word must be part of the name, the user id or the e-mail address."""
    words = wanted.search.split()[:8]
    if not words:
        return people
    people = people.annotate(all_names=Concat("first_name", Value(" "), "last_name", Value(" "), "username"))
    return people.filter(reduce(and_, (Q(all_names__icontains=word) | Q(email__icontains=word) for word in words)))


def _elsewhere(actor: Actor) -> int:
    markets = markets_with(actor, READ)
    if not markets:
        return 0
    tenants = Tenant.objects.filter(market__in=markets).exclude(kind=Kind.OPERATOR)
    members = Membership.objects.filter(company__in=tenants.values("pk"))
    return members.exclude(user__market__in=markets).values("user").distinct().count()


def _rows(actor: Actor, ids: list[int]) -> list[User]:
    """In the order of `ids`, each with `has_factor` and `shown_memberships`."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    with _looking_at_home(actor):
        memberships = Membership.objects.select_related("company").order_by("company__name")
        people = User.objects.filter(pk__in=ids).annotate(has_factor=Exists(factors))
        rows = {
            user.pk: user for user in people.prefetch_related(Prefetch("memberships", memberships, "shown_memberships"))
        }
    return [rows[pk] for pk in ids if pk in rows]


def get_person_for(actor: Actor, pk: int) -> User:
    """Raises NotFound for somebody who is none of the actor's business (ID-09)."""
    with looking_everywhere(actor):
        user = _visible(actor).filter(pk=pk).select_related("market").first()
    if user is None:
        raise NotFound("person")
    return user


def detail_of(actor: Actor, user: User) -> Detail:
    """What the viewer may see of a person whom `get_person_for` gave him."""
    with _looking_at_home(actor):
        memberships = list(Membership.objects.filter(user=user).select_related("company__company").order_by("pk"))
    return Detail(
        user=user,
        memberships=memberships,
        factors=list(Authenticator.objects.filter(user=user).order_by("type").values_list("type", flat=True)),
        sessions=_living_sessions(user),
        history=_history(actor, user),
    )


def _living_sessions(user: User) -> int:
    """Rows of sessions that ran out stay until somebody looks at the list of them."""
    keys = list(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    return Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).count()


def _history(actor: Actor, user: User) -> list[Entry]:
    """What was done to the person where the viewer helps people, newest first: colleagues do not read it.

    A market's helper also sees what belongs to no organisation; nobody what the person did with a private account.
    """
    mine = sorted({*companies_with(actor, HELP), *organisations_in(markets_with(actor, HELP))})
    with user_scope(user.pk), company_scope(mine):
        about = Entry.objects.filter(target=f"{User._meta.label_lower}:{user.pk}")
        about = about.exclude(verb__endswith=LOOKED).exclude(verb__startswith="identity.private.")
        seen = Q(company_id__in=mine)
        if actor.may_in(HELP, user.market_id):
            seen |= Q(company_id=None)
        return list(about.filter(seen).order_by("-at", "-pk")[:HISTORY_LENGTH])


def roles_for(company: Company) -> list[tuple[str, str]]:
    """(role, words) that can be held in an organisation."""
    return [(role.value, str(role.label)) for role in ROLES[company.kind]]


def organisations_to_fill(actor: Actor) -> list[Company]:
    """Where somebody may create people, by name. A market's rights do not reach the operator's organisations."""
    mine = companies_with(actor, WRITE)
    markets = markets_with(actor, WRITE)
    with company_scope([*mine, *organisations_in(markets)]):
        reachable = Q(pk__in=mine) | Q(company__market__in=markets) & ~Q(company__kind=Kind.OPERATOR)
        return list(Company.objects.select_related("company").filter(reachable).order_by("name"))
