"""Inviting people as a step of the company's start page (VE-01, CO-05)."""

from django.urls import reverse
from django.utils.translation import gettext as _

from kolonne.portal.companies.gate import blocked
from kolonne.portal.companies.hooks import Step
from kolonne.portal.companies.models import Company, Invitation, Kind, Membership
from kolonne.portal.companies.queries.people import WRITE
from kolonne.portal.lib.actor import Actor

ORDER = 50
"""The last one: it waits for the dealer."""


def people_step(actor: Actor, company: Company) -> Step | None:
    """For those who can invite; done as soon as somebody else is in the company or asked."""
    if company.kind != Kind.FLEET or not actor.may(WRITE, company.pk):
        return None
    others = Membership.objects.filter(company=company).exclude(user=actor.user_id)
    is_done = others.exists() or Invitation.objects.filter(company=company, revoked_at=None).exists()
    why = None if is_done else blocked(actor, company)
    text = _("Colleagues and drivers are in the company or invited.") if is_done else _("By mail or by SMS.")
    return Step(
        order=ORDER,
        title=_("Invite your people"),
        text=f"{why.title}. {why.text}" if why else text,
        url="" if why else reverse("people_invite"),
        action=_("Invite somebody"),
        is_done=is_done,
        icon="people",
    )
