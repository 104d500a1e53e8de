from django.db.models import F, QuerySet

from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.vehicles.models import Module, Vehicle

READ = "vehicles.vehicle:read"


def companies_with_vans(actor: Actor) -> list[int]:
    """Companies whose vans this actor may see."""
    return [company for company in actor.company_ids if actor.may(READ, company)]


def get_vehicle_for(actor: Actor, vehicle_id: int) -> Vehicle:
    """Raises NotFound to strangers, who must not learn that the van exists."""
    vehicle = Vehicle.objects.of(companies_with_vans(actor)).filter(pk=vehicle_id).first()
    if vehicle is None:
        raise NotFound("vehicle")
    return vehicle


def find_vehicle_for(actor: Actor, vehicle_id: int) -> Vehicle:
    """Also one that was removed. Raises NotFound to strangers."""
    vehicle = Vehicle.ever.of(companies_with_vans(actor)).filter(pk=vehicle_id).first()
    if vehicle is None:
        raise NotFound("vehicle")
    return vehicle


def get_vehicle_by_vin_for(actor: Actor, vin: str, *, also_removed: bool = False) -> Vehicle:
    """The van that is there, or else, if wanted, the one that was removed last. Raises NotFound to strangers, who must
    not learn that the van exists."""
    known = Vehicle.ever if also_removed else Vehicle.objects
    found = known.of(companies_with_vans(actor)).filter(vin=vin.upper())
    vehicle = found.order_by(F("removed_at").desc(nulls_first=True)).first()
    if vehicle is None:
        raise NotFound("vehicle")
    return vehicle


def is_removable(vehicle: Vehicle) -> bool:
    """Whether it never had a module: then it has no data that anybody would miss."""
    return not Module.objects.filter(vehicle=vehicle).exists()


def unchecked(company_id: int) -> QuerySet[Vehicle]:
    """Vans that wait for the dealer, or that he refused (VE-02). Needs the company's scope."""
    waiting = Vehicle.objects.filter(company_id=company_id).exclude(verification=Verification.VERIFIED)
    return waiting.order_by("plate", "pk")
