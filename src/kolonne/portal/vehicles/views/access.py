"""Who asks, and for which company; shared by the pages about vans."""

from typing import cast

from django.http import HttpRequest

from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.vehicles.actions import WRITE


def actor_of_request(request: HttpRequest) -> Actor:
    return cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by the Scope middleware


def fleet_to_write(actor: Actor) -> Company:
    """The company that is open now. Raises NotAllowed to those who add no vans to it."""
    mine = [pk for pk in actor.company_ids if actor.may(WRITE, pk)]
    company = Company.objects.select_related("company").filter(pk__in=mine, company__kind=Kind.FLEET).first()
    if company is None:
        raise NotAllowed(WRITE)
    return company
