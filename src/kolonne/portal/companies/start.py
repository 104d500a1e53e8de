"""The way of a new company from registration to its first van on the map: who sees it, and its first step (VE-01)."""

from django.urls import reverse
from django.utils.translation import gettext as _

from kolonne.portal.companies import hooks, legal
from kolonne.portal.companies.hooks import Step
from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor

WRITE = "companies.company:write"


def company_data_step(actor: Actor, company: Company) -> Step | None:
    """Who the company is: complete after registration, not for companies that somebody else made."""
    if company.kind != Kind.FLEET or not actor.may(WRITE, company.pk):
        return None
    is_done = _is_complete(company)
    return Step(
        order=10,
        title=_("Complete the company's data"),
        text=_("Name, legal form, numbers and address are there.")
        if is_done
        else _("Legal form, register number or address are missing. They stand on your contracts."),
        url=reverse("organisation_edit", args=[company.pk]),
        action=_("Complete the data"),
        is_done=is_done,
        icon="home",
    )


def _is_complete(company: Company) -> bool:
    form = legal.country(company.market_id).form(company.legal_form)
    return (
        form is not None
        and bool(company.street and company.postal_code and company.city)
        and (bool(company.register_number) or not form.register)
    )


def is_under_way(actor: Actor, company: Company) -> bool:
    """Whether the start page still has something for this person. Companies that the operator set up and vouches for
    are past it."""
    if company.kind != Kind.FLEET or not actor.may(WRITE, company.pk) or company.company.leaving_since is not None:
        return False
    is_new = company.declared_at is not None or company.verification != Verification.VERIFIED
    return is_new and any(not step.is_done for step in hooks.next_steps(actor, company))
