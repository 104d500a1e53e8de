"""Answers to people who asked for help because they cannot sign in (ID-06, ID-07)."""

from django.db import transaction

from kolonne.portal.companies.actions import people
from kolonne.portal.companies.queries.inbox import RIGHT, may_answer
from kolonne.portal.identity.actions import help as identity_help
from kolonne.portal.identity.models import HelpRequest, HelpState, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotAllowed


@transaction.atomic
def help_by_reviving(*, actor: Actor, request: HelpRequest) -> User:
    """Resets the sign-in status. Raises NotAllowed, Conflict."""
    user = people.revive(actor=actor, user=_whom(actor, request))
    identity_help.answer(actor=actor, request=request, state=HelpState.DONE)
    return user


@transaction.atomic
def help_by_password(*, actor: Actor, request: HelpRequest) -> tuple[User, str]:
    """Resets the password; the temporary one is returned this once. Raises NotAllowed, Conflict."""
    user = _whom(actor, request)
    password = people.reset_password(actor=actor, user=user)
    identity_help.answer(actor=actor, request=request, state=HelpState.DONE)
    return user, password


@transaction.atomic
def refuse(*, actor: Actor, request: HelpRequest) -> HelpRequest:
    """Nothing is changed. Raises NotAllowed, Conflict when another helper was faster."""
    if not may_answer(actor, request):
        raise NotAllowed(RIGHT)
    return identity_help.answer(actor=actor, request=request, state=HelpState.REFUSED)


def _whom(actor: Actor, request: HelpRequest) -> User:
    """Raises Conflict when nobody was found; `people` checks the right over somebody who was."""
    if not may_answer(actor, request):
        raise NotAllowed(RIGHT)
    if request.user is None:
        raise Conflict("nobody_found", "nobody has this user id or this address")
    return request.user
