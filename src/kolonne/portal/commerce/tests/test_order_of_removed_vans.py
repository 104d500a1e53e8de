"""VE-03, VH-02: a van that left between the page and the order is not ordered for."""

import pytest

from kolonne.portal.commerce import actions
from kolonne.portal.commerce.models import OrderItem
from kolonne.portal.companies.models import Company
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.lib.errors import Invalid
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.models import Vehicle

pytestmark = pytest.mark.django_db


def order(company: Company, *vans: Vehicle) -> list[str]:
    found = actions.place_order(actor=SYSTEM, company=company, wanted=["maintenance"], vehicles=vans)
    return list(OrderItem.objects.filter(order=found).values_list("vehicle__vin", flat=True))


def test_a_van_that_left_meanwhile_is_not_ordered_for(our_scope: House) -> None:
    """Else the order, and with it the dealer's check, would stumble over it for ever."""
    there = vehicles.add_vehicle(actor=SYSTEM, company=our_scope.company, vin="WK0LEFT0000000001")
    without_past = vehicles.add_vehicle(actor=SYSTEM, company=our_scope.company, vin="WK0LEFT0000000002")
    for van in (our_scope.vehicle, without_past):
        vehicles.remove_vehicle(actor=SYSTEM, vehicle=Vehicle.objects.get(pk=van.pk))
    assert order(our_scope.company, our_scope.vehicle, there, without_past) == [there.vin]
    with pytest.raises(Invalid, match="have all that"):
        order(our_scope.company, our_scope.vehicle, without_past)
