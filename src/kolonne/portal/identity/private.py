"""Private ("me") accounts: what tells whether a Kolonne ID is more than that (ID-03)."""

from collections.abc import Callable

from django.db.models import QuerySet

from kolonne.portal.identity.models import State, User

_ties: list[Callable[[User], bool]] = []


def tied_when(rule: Callable[[User], bool]) -> None:
    """Adds a rule that says whether a person belongs somewhere; called by the contexts that know where."""
    _ties.append(rule)


def is_only_private(user: User) -> bool:
    """Whether nothing is left of the account when its private part goes."""
    return not any(rule(user) for rule in _ties)


def unconfirmed() -> QuerySet[User]:
    """Who signed up and did not show yet that the address is his. Invited people have no private account yet."""
    return User.objects.filter(state=State.INVITED, private_profile__isnull=False)
