"""Who asked to be deleted, as far as somebody can act on it (CO-06)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef

from kolonne.portal.companies.models import Membership
from kolonne.portal.companies.queries.people import (
    WRITE,
    companies_with,
    in_the_hands_of,
    looking_everywhere,
    markets_with,
)
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

MOST = 100


@dataclass(frozen=True)
class Asked:
    """A person who asked, and until when his administrators have to act."""

    user: User
    asked_at: datetime
    until: date

    @property
    def is_overdue(self) -> bool:
        return self.user.deletion_told_at is not None


def open_deletions(actor: Actor) -> list[Asked]:
    """Of the open company at once; of a market as soon as its administrators were told. The oldest first."""
    asked = (
        User.objects.filter(deletion_asked_at__isnull=False).exclude(state=State.DELETED).exclude(pk=actor.user_id or 0)
    )
    mine = companies_with(actor, WRITE)
    found: set[int] = set()
    if mine:
        with company_scope(mine):
            colleagues = Membership.objects.filter(company__in=mine, user=OuterRef("pk"))
            found |= set(asked.filter(Exists(colleagues)).values_list("pk", flat=True))
    if markets_with(actor, WRITE):
        # Read first: to look at everybody in the market would take a second where a handful ask.
        late = list(asked.filter(deletion_told_at__isnull=False).values_list("pk", flat=True))
        if late:
            with looking_everywhere(actor):
                hands = User.objects.filter(in_the_hands_of(actor, WRITE), pk__in=late)
                found |= set(hands.values_list("pk", flat=True))
    oldest = asked.filter(pk__in=found).order_by("deletion_asked_at", "pk")[:MOST]
    return [Asked(user, at, due_on(at)) for user in oldest if (at := user.deletion_asked_at)]


def due_on(asked_at: datetime) -> date:
    """Until when the administrators of the person's companies have to act."""
    return (asked_at + timedelta(days=settings.DELETION_DAYS)).date()
