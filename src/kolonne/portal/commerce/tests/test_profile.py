"""PR-02, VH-03, VH-04, VH-06: the collection profile is always the union of what is assigned."""

import pytest

from kolonne.portal.commerce import actions
from kolonne.portal.commerce.catalogue import products, union
from kolonne.portal.commerce.models import ModuleProfile, Profile
from kolonne.portal.companies.models import Membership, Role
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed


def test_every_product_names_signals_and_commands_that_exist() -> None:
    assert {"vehicle-supervision", "remote-access"} <= set(products())


def test_the_shortest_interval_counts() -> None:
    both = union([products()["maintenance"], products()["vehicle-supervision"]])
    assert both.signals["odometer"] == 0


@pytest.mark.django_db
def test_ending_one_product_keeps_what_another_needs(our_scope: House) -> None:
    before = Profile.objects.get(vehicle=our_scope.vehicle)
    actions.end_product(actor=SYSTEM, vehicle=our_scope.vehicle, product="vehicle-supervision")
    after = Profile.objects.get(vehicle=our_scope.vehicle)
    assert after.version == before.version + 1
    assert "lat" not in after.signals
    assert "locked" in after.signals


@pytest.mark.django_db
def test_ending_the_last_product_means_silence(our_scope: House) -> None:
    for product in ("vehicle-supervision", "remote-access"):
        actions.end_product(actor=SYSTEM, vehicle=our_scope.vehicle, product=product)
    profile = Profile.objects.get(vehicle=our_scope.vehicle)
    assert (profile.signals, profile.commands) == ({}, [])


@pytest.mark.django_db
def test_services_for_drivers_come_from_the_van_itself_before_anybody_drives_it(our_scope: House) -> None:
    """VH-06: no driver is known, nobody has the driver app, and nothing is paired: the van's own module sends."""
    assert not our_scope.vehicle.driver
    assert not Membership.objects.filter(company=our_scope.company, roles__contains=[Role.DRIVER]).exists()
    wanted = union([products()["driver-services"]])
    before = ModuleProfile.objects.get(module=our_scope.module).signals
    assert not wanted.signals.keys() <= before.keys()
    actions.assign_product(actor=SYSTEM, vehicle=our_scope.vehicle, product="driver-services")
    assert wanted.signals.keys() <= ModuleProfile.objects.get(module=our_scope.module).signals.keys()
    assert wanted.commands <= set(Profile.objects.get(vehicle=our_scope.vehicle).commands)


@pytest.mark.django_db
def test_what_makes_no_sense_is_refused(our_scope: House) -> None:
    with pytest.raises(Conflict):
        actions.assign_product(actor=SYSTEM, vehicle=our_scope.vehicle, product="remote-access")
    with pytest.raises(Invalid, match="not a product"):
        actions.assign_product(actor=SYSTEM, vehicle=our_scope.vehicle, product="teleport")
    with pytest.raises(NotAllowed):
        actions.end_product(actor=Actor(label="stranger"), vehicle=our_scope.vehicle, product="remote-access")
