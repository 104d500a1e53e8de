"""VH-02, VH-04, VH-05: a van leaves its company, and what is left of it."""

from collections.abc import Callable

import pytest
from django.test import Client

from kolonne.portal.commerce.models import Assignment, Profile
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions, queries
from kolonne.portal.vehicles.departure import vans_of
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle
from kolonne.portal.vehicles.tests.hands import present, verbs

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_the_page_names_the_consequences_and_then_the_van_is_gone(alice: User, ours: House, signed_in: SignIn) -> None:
    client, page = signed_in(alice), f"/vans/{ours.vehicle.pk}/remove/"
    said = client.get(page).content.decode()
    for words in ("Its services end now", "told to be silent", "not visible any more", "starts at zero"):
        assert words in said
    assert client.post(page).headers["Location"] == "/vans/removed/"
    assert ours.vehicle.vin not in client.get("/vans/").content.decode()
    removed = client.get("/vans/removed/").content.decode()
    assert ours.vehicle.vin in removed
    assert "Alice Test" in removed
    assert client.get(page).status_code == 404


def test_services_end_the_module_retires_and_the_vin_is_free(alice: User, ours: House, theirs: House) -> None:
    assert actions.remove_vehicle(actor=actor_of(alice), vehicle=ours.vehicle)
    with company_scope(ours.scope):
        assert not Assignment.objects.filter(vehicle=ours.vehicle, ended_at=None).exists()
        assert Profile.objects.get(vehicle=ours.vehicle).signals == {}
        assert Module.objects.get(pk=ours.module.pk).status == ModuleStatus.RETIRING
        assert Vehicle.ever.get(pk=ours.vehicle.pk).removed_by == "Alice Test"
    assert verbs(ours)[-1] == "vehicles.vehicle.removed"
    assert actions.add_vehicle(actor=SYSTEM, company=theirs.company, vin=ours.vehicle.vin)


def test_the_same_vin_in_the_same_company_is_another_van(alice: User, ours: House) -> None:
    actions.remove_vehicle(actor=actor_of(alice), vehicle=ours.vehicle)
    again = actions.add_vehicle(actor=SYSTEM, company=ours.company, vin=ours.vehicle.vin)
    assert again.pk != ours.vehicle.pk
    with company_scope(ours.scope):
        assert [row["id"] for row in vans_of(ours.company)] == [ours.vehicle.pk, again.pk], "an export has both"


def test_a_van_is_removed_once(alice: User, ours: House) -> None:
    actions.remove_vehicle(actor=actor_of(alice), vehicle=ours.vehicle)
    with pytest.raises(Conflict) as refusal:
        actions.remove_vehicle(actor=actor_of(alice), vehicle=ours.vehicle)
    assert refusal.value.code == "removed_already"


def test_a_van_that_did_nothing_leaves_nothing(ours: House) -> None:
    van = actions.add_vehicle(actor=SYSTEM, company=ours.company, vin="WK0NEW00000000001")
    with company_scope(ours.scope):
        assert queries.is_removable(van)
    assert not actions.remove_vehicle(actor=SYSTEM, vehicle=van)
    with company_scope(ours.scope):
        assert not Vehicle.ever.filter(vin=van.vin).exists()


def test_who_may_add_vans_only_removes_none(bob: User, charlie: User, ours: House, signed_in: SignIn) -> None:
    for user, status in ((bob, 403), (charlie, 404)):
        assert signed_in(user).post(f"/vans/{ours.vehicle.pk}/remove/").status_code == status
        with pytest.raises(NotAllowed):
            actions.remove_vehicle(actor=actor_of(user), vehicle=ours.vehicle)
    assert present(ours, ours.vehicle.vin)


def test_fleet_managers_see_what_was_removed_and_strangers_do_not(
    alice: User, bob: User, charlie: User, ours: House, signed_in: SignIn
) -> None:
    actions.remove_vehicle(actor=actor_of(alice), vehicle=ours.vehicle)
    assert ours.vehicle.vin in signed_in(bob).get("/vans/removed/").content.decode()
    assert ours.vehicle.vin not in signed_in(charlie).get("/vans/removed/").content.decode()
