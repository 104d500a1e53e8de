"""VH-01, VH-02, VH-03: vans by VIN, and the modules that speak for them."""

import hashlib

import pytest

from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions, queries

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "vin", ["", "WK0TEST000000000", "WK0TEST00000000O1", "WK0TEST0000000001X", "WK0TEST000000000\0"]
)
def test_what_is_not_a_vin_is_refused_with_a_remedy(our_scope: House, vin: str) -> None:
    with pytest.raises(Invalid) as refusal:
        actions.add_vehicle(actor=SYSTEM, company=our_scope.company, vin=vin)
    assert "17" in refusal.value.errors["vin"]


def test_a_vin_is_active_in_one_company_only_and_the_answer_names_no_owner(our_scope: House, theirs: House) -> None:
    with pytest.raises(Conflict) as refusal:
        actions.add_vehicle(actor=SYSTEM, company=our_scope.company, vin=theirs.vehicle.vin.lower())
    assert theirs.company.name not in refusal.value.text


def test_only_a_hash_of_the_secret_is_kept(ours: House) -> None:
    assert bytes(ours.module.secret_sha256 or b"") == hashlib.sha256(ours.secret.encode()).digest()


def test_a_van_has_one_module_at_a_time(our_scope: House) -> None:
    with pytest.raises(Conflict):
        actions.enrol_module(actor=SYSTEM, vehicle=our_scope.vehicle, serial="TEST000000009")
    actions.revoke_module(actor=SYSTEM, module=our_scope.module)
    actions.enrol_module(actor=SYSTEM, vehicle=our_scope.vehicle, serial="TEST000000009")
    with pytest.raises(Conflict):
        actions.revoke_module(actor=SYSTEM, module=our_scope.module)


@pytest.mark.parametrize("serial", ["short", "has.a.dot.inside", "lower000000", "WILD*000000", "A" * 33])
def test_a_serial_never_holds_what_means_something_to_the_broker(our_scope: House, serial: str) -> None:
    with pytest.raises(Invalid):
        actions.enrol_module(actor=SYSTEM, vehicle=our_scope.vehicle, serial=serial)


def test_a_stranger_finds_nothing(ours: House, charlie: User) -> None:
    stranger = actor_of(charlie)
    with company_scope(stranger.company_ids), pytest.raises(NotFound):
        queries.get_vehicle_for(stranger, ours.vehicle.pk)


def test_a_driver_has_no_fleet_and_a_fleet_manager_adds_no_vans(our_scope: House, dora: User, bob: User) -> None:
    with pytest.raises(NotFound):
        queries.get_vehicle_for(actor_of(dora), our_scope.vehicle.pk)
    with pytest.raises(NotAllowed):
        actions.add_vehicle(actor=actor_of(bob), company=our_scope.company, vin="WK0TEST0000000005")
