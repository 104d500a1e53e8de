"""What all pages of commerce ask first: who reads, who writes, and for which company."""

from typing import cast

from django.http import HttpRequest

from kolonne.portal.commerce import queries
from kolonne.portal.commerce.actions.assignments import WRITE
from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed

PER_PAGE = 50


def actor_of_request(request: HttpRequest) -> Actor:
    return cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by the Scope middleware


def reader(request: HttpRequest) -> Actor:
    """Raises NotAllowed to those who see no company's orders."""
    actor = actor_of_request(request)
    if not queries.companies_that_buy(actor):
        raise NotAllowed(queries.READ)
    return actor


def may_write(actor: Actor) -> bool:
    return any(actor.may(WRITE, company) for company in actor.company_ids)


def buying_company(actor: Actor) -> Company:
    """The company that is open now. Raises NotAllowed to those who buy nothing for it."""
    mine = [pk for pk in actor.company_ids if actor.may(WRITE, pk)]
    company = Company.objects.select_related("company").filter(pk__in=mine, company__kind=Kind.FLEET).first()
    if company is None:
        raise NotAllowed(WRITE)
    return company
