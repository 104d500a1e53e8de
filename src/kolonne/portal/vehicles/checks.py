"""What vans add to the company account: what the dealer compares with their papers, and the step of adding them."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.companies.hooks import CheckItem, Step
from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.lib.actor import Actor
from kolonne.portal.vehicles import actions, queries
from kolonne.portal.vehicles.models import Vehicle

PREFIX = "vehicle:"
MOST = 200
"""On one case page; the others come up in the next case."""


def items(company: Company) -> list[CheckItem]:
    """Vans that wait for the dealer or that he refused (VE-02)."""
    return [_item(vehicle) for vehicle in queries.unchecked(company.pk)[:MOST]]


def _item(vehicle: Vehicle) -> CheckItem:
    made = " ".join(str(part) for part in (vehicle.make, vehicle.model, vehicle.model_year or "") if part)
    details = [(_("VIN"), vehicle.vin), (_("Number plate"), vehicle.plate or "–"), (_("Make and model"), made or "–")]
    return CheckItem(f"{PREFIX}{vehicle.pk}", str(vehicle), details, vehicle.verification, vehicle.verification_reason)


def decide(actor: Actor, company: Company, key: str, verified: bool, reason: str) -> None:  # noqa: FBT001  # as the hook
    """One of them; keys of others are no business of ours."""
    number = key.removeprefix(PREFIX)
    if number == key or not number.isdecimal():
        return
    vehicle = queries.unchecked(company.pk).filter(pk=int(number)).first()
    if vehicle is not None:
        actions.note_check(actor=actor, vehicle=vehicle, verified=verified, reason=reason)


def next_step(actor: Actor, company: Company) -> Step | None:
    """ "Add your vans", for those who may."""
    if company.kind != Kind.FLEET or not actor.may(actions.WRITE, company.pk):
        return None
    count = Vehicle.objects.filter(company_id=company.pk).count()
    return Step(
        order=20,
        title=_("Add your vans"),
        text=ngettext("%(count)s van is there.", "%(count)s vans are there.", count) % {"count": count}
        if count
        else _("You need the VIN of each: field E of the registration document."),
        url=reverse("vehicle_add"),
        action=_("Add a van"),
        is_done=count > 0,
        icon="van",
    )
