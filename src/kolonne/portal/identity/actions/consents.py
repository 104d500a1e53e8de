from allauth.idp.oidc.models import Client
from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity.actions import tokens
from kolonne.portal.identity.consents import consents_of
from kolonne.portal.identity.models import Application, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed, NotFound


@transaction.atomic
def withdraw_consent(*, actor: Actor, user: User, application: Application) -> None:
    """The application reads nothing more of the person, and has to ask before it may again (CO-08).

    Raises NotAllowed for somebody else's, NotFound when there is none.
    """
    if actor.user_id != user.pk or actor.acting_for is not None:
        raise NotAllowed("own consents")
    User.objects.select_for_update().get(pk=user.pk)  # no token slips past that is being made now
    if application not in [consent.application for consent in consents_of(user)]:
        raise NotFound("consent")
    tokens.end_all(user=user, client=Client.objects.get(pk=application.client_id))
    audit.record(actor, "identity.consent.withdrawn", on=user, company_id=None, application=application.code)
