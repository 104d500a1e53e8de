"""The step of the start page that commerce adds: to order services."""

from django.urls import reverse
from django.utils.translation import gettext as _

from kolonne.portal.commerce.actions.assignments import WRITE
from kolonne.portal.commerce.models import Assignment, Order, OrderState
from kolonne.portal.companies.hooks import Step
from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.lib.actor import Actor
from kolonne.portal.vehicles.models import Vehicle


def next_step(actor: Actor, company: Company) -> Step | None:
    """First to order, then to accept the terms, for those who may."""
    if company.kind != Kind.FLEET or not actor.may(WRITE, company.pk):
        return None
    waiting = Order.objects.filter(company_id=company.pk, state=OrderState.WAITING).order_by("pk")
    unsigned = waiting.filter(terms_accepted_at=None).first()
    is_done = Assignment.objects.filter(company_id=company.pk, ended_at=None).exists() or waiting.exists()
    if unsigned is not None:
        return _step(
            _("Read the terms of your order and accept them: it goes on by itself after the dealer's check."),
            reverse("order", args=[unsigned.pk]),
            _("To the order"),
            is_done=False,
        )
    if is_done:
        return _step(_("Services are ordered."), reverse("orders"), _("Show orders"), is_done=True)
    if not Vehicle.objects.filter(company_id=company.pk).exists():
        return _step(_("Add a van first: services are ordered for vans."), "", "", is_done=False)
    text = _("Choose what your vans shall report and what you want to ask of them.")
    return _step(text, reverse("order_new"), _("Order services"), is_done=False)


def _step(text: str, url: str, action: str, *, is_done: bool) -> Step:
    return Step(order=30, title=_("Order services"), text=text, url=url, action=action, is_done=is_done, icon="order")
