"""VH-05: the modules of a removed van are told to forget what they have."""

from datetime import timedelta

import pytest
from django.utils import timezone

from kolonne.portal.commands import wiping
from kolonne.portal.commands.lifecycle import State
from kolonne.portal.commands.models import Command
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle

pytestmark = pytest.mark.django_db


@pytest.fixture
def removed(our_scope: House) -> House:
    vehicles.remove_vehicle(actor=SYSTEM, vehicle=our_scope.vehicle)
    return our_scope


def status(house: House) -> str:
    return Module.objects.get(pk=house.module.pk).status


def test_a_removal_orders_the_wipe_and_lets_the_module_in_for_it(removed: House) -> None:
    (order,) = Command.objects.filter(vehicle_id=removed.vehicle.pk, name="wipe")
    assert (order.args, order.state, status(removed)) == (
        {"serial": removed.module.serial},
        State.QUEUED,
        ModuleStatus.RETIRING,
    )
    assert order.expires_at > timezone.now() + timedelta(days=29)
    wiping.cut_off_wiped(actor=SYSTEM)
    assert status(removed) == ModuleStatus.RETIRING


def test_a_module_whose_wipe_is_over_is_cut_off(removed: House) -> None:
    Command.objects.filter(vehicle_id=removed.vehicle.pk, name="wipe").update(state=State.EXPIRED)
    wiping.cut_off_wiped(actor=SYSTEM)
    assert status(removed) == ModuleStatus.REVOKED
    wiping.cut_off_wiped(actor=SYSTEM)


def test_a_module_that_never_comes_is_cut_off_in_the_end(removed: House) -> None:
    late = timezone.now() - wiping.LONGEST - timedelta(minutes=1)
    Vehicle.ever.filter(pk=removed.vehicle.pk).update(removed_at=late)
    wiping.cut_off_wiped(actor=SYSTEM)
    assert status(removed) == ModuleStatus.REVOKED


def test_other_modules_stay(our_scope: House, theirs: House) -> None:
    wiping.cut_off_wiped(actor=SYSTEM)
    assert status(our_scope) == ModuleStatus.ACTIVE


def test_only_the_worker_cuts_off(our_scope: House) -> None:
    with pytest.raises(NotAllowed):
        wiping.cut_off_wiped(actor=Actor(label="somebody"))
