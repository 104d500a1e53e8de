"""Who waits for help or for an access right, as far as somebody may answer (ID-07, B2-01)."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from kolonne.portal.companies.models import AccessRequest, Membership
from kolonne.portal.companies.queries import rights_over
from kolonne.portal.companies.queries.deletions import open_deletions
from kolonne.portal.companies.queries.people import (
    companies_with,
    in_the_hands_of,
    looking_everywhere,
    markets_with,
    own_organisations,
)
from kolonne.portal.identity.models import HelpRequest, HelpState, PrivateProfile, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import company_scope, memberships_scope

RIGHT = "companies.member:help"
GRANT = "companies.application:grant"
MOST = 100
"""Requests on one page; the oldest come first, so that none is forgotten."""


@dataclass(frozen=True)
class Comparison:
    """A field of a request: what was typed beside what is stored."""

    name: str
    given: str
    stored: list[str]
    """Several when the person belongs to several organisations."""

    @property
    def is_same(self) -> bool:
        return _plain(self.given) in {_plain(value) for value in self.stored}


def _plain(text: str) -> str:
    """Without regard to case, spaces and punctuation."""
    return "".join(character for character in text.casefold() if character.isalnum() or character in "@+")


def open_requests(actor: Actor) -> list[HelpRequest]:
    """The oldest open requests for help that the actor may answer."""
    with looking_everywhere(actor):
        return list(_answerable(actor).select_related("user", "market").order_by("created_at", "pk")[:MOST])


def open_count(actor: Actor) -> int:
    """Everything that waits for the actor."""
    with looking_everywhere(actor):
        return _answerable(actor).count() + len(access_requests(actor)) + len(open_deletions(actor))


def _answerable(actor: Actor) -> QuerySet[HelpRequest]:
    """Within `looking_everywhere`. One's own is for somebody else."""
    markets = markets_with(actor, RIGHT)
    asking = HelpRequest.objects.filter(user__market__in=markets, state=HelpState.OPEN)
    # Read first: to look at everybody in the market would take a second where a handful ask.
    people = list(asking.values_list("user", flat=True).distinct()) if markets else []
    in_hands = User.objects.filter(in_the_hands_of(actor, RIGHT), pk__in=people).values_list("pk", flat=True)
    helped = [*(in_hands if people else ()), *_of_my_companies(actor)]
    nobodys = Q(user=None, market__in=markets)
    return HelpRequest.objects.filter(Q(user__in=helped) | nobodys, state=HelpState.OPEN)


def _of_my_companies(actor: Actor) -> list[int]:
    """People of the open company who asked for help, as far as `rights_over` gives its administrator that right."""
    mine = companies_with(actor, RIGHT)
    if not mine:
        return []
    members = Membership.objects.filter(user=OuterRef("user"))
    private = PrivateProfile.objects.filter(user=OuterRef("user"))
    # Everywhere: a membership in any other organisation takes the person out of these hands.
    with memberships_scope():
        asking = HelpRequest.objects.filter(Exists(members.filter(company__in=mine)), state=HelpState.OPEN)
        whole = asking.exclude(Exists(members.exclude(company__in=mine))).exclude(Exists(private))
        return list(whole.exclude(user=actor.user_id).values_list("user", flat=True).distinct())


def get_request_for(actor: Actor, pk: int) -> HelpRequest:
    """Open or answered. Raises NotFound for one that is none of the actor's business."""
    request = HelpRequest.objects.select_related("user", "market").filter(pk=pk).first()
    if request is None or not may_answer(actor, request):
        raise NotFound("request")
    return request


def may_answer(actor: Actor, request: HelpRequest) -> bool:
    """Whether this request is the actor's to answer."""
    if request.user is None:
        return actor.may_in(RIGHT, request.market_id)
    return RIGHT in rights_over(actor, request.user)


def requests_of(actor: Actor, user: User) -> list[HelpRequest]:
    """Open requests of one person, for the page about him."""
    found = list(user.help_requests.filter(state=HelpState.OPEN).order_by("created_at"))
    return found if found and RIGHT in rights_over(actor, user) else []


def compared(actor: Actor, request: HelpRequest) -> list[Comparison]:
    """What was typed beside what is stored, field by field; nothing is stored of somebody who was not found."""
    user = request.user
    companies = []
    if user is not None:
        with company_scope(own_organisations(actor)):
            members = Membership.objects.filter(user=user).select_related("company").order_by("pk")
            companies = [member.company for member in members]

    def of_user(name: str) -> list[str]:
        return [getattr(user, name)] if user is not None else []

    return [
        Comparison("user_id_given", request.user_id_given, of_user("username")),
        Comparison("first_name", request.first_name, of_user("first_name")),
        Comparison("last_name", request.last_name, of_user("last_name")),
        Comparison("email", request.email, of_user("email")),
        Comparison("company_name", request.company_name, [company.name for company in companies]),
        Comparison("company_address", request.company_address, [company.address for company in companies]),
    ]


def access_requests(actor: Actor) -> list[AccessRequest]:
    """Who of the open company waits for an application, oldest first; not the actor himself."""
    with company_scope(companies_with(actor, GRANT)):
        rows = AccessRequest.objects.select_related("membership__user", "application", "company")
        return list(rows.exclude(membership__user=actor.user_id).order_by("asked_at")[:MOST])
