"""The page of a van's modules: who is in charge, who comes in, who goes (VH-04)."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from kolonne.portal.commerce.models import ModuleProfile
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.models import Module, ModuleClaim, ModuleStatus

SignIn = Callable[[User], Client]


def tracker(house: House) -> Module:
    """A second module, for positions only."""
    with company_scope(house.scope):
        return actions.enrol_module(
            actor=SYSTEM, vehicle=house.vehicle, serial="TRACKER00000001", rank=None, provides=["group:position"]
        )[0]


def share(house: House, module: Module) -> set[str]:
    with company_scope(house.scope):
        return set(ModuleProfile.objects.get(module=module).signals)


def test_a_code_is_shown_once_and_can_be_withdrawn(ours: House, alice: User, signed_in: SignIn) -> None:
    browser, here = signed_in(alice), reverse("vehicle_modules", args=[ours.vehicle.pk])
    made = browser.post(reverse("module_add", args=[ours.vehicle.pk]), {"scope": "some", "groups": ["position"]})
    with company_scope(ours.scope):
        claim = ModuleClaim.objects.get(vehicle=ours.vehicle)
    assert claim.provides == ["group:position"]
    assert "--claim" in made.content.decode()
    assert "<svg" in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    withdraw = reverse("module_claim_withdraw", args=[ours.vehicle.pk, claim.pk])
    assert withdraw in browser.get(here).content.decode()
    browser.post(withdraw)
    assert withdraw not in browser.get(here).content.decode()


def test_whoever_is_in_charge_sends_what_it_provides_and_the_others_send_the_rest(
    ours: House, alice: User, signed_in: SignIn
) -> None:
    second, browser = tracker(ours), signed_in(alice)
    assert share(ours, second) == set()
    assert "lat" in share(ours, ours.module)
    browser.post(reverse("module_in_charge", args=[ours.vehicle.pk, second.pk]))
    assert "lat" in share(ours, second)
    assert "lat" not in share(ours, ours.module)
    assert share(ours, ours.module) & share(ours, second) == set()
    browser.post(reverse("module_provides", args=[ours.vehicle.pk, second.pk]), {"scope": "some", "groups": ["tyres"]})
    assert "lat" in share(ours, ours.module)


def test_cutting_off_asks_first_and_the_others_take_over(ours: House, alice: User, signed_in: SignIn) -> None:
    second, browser = tracker(ours), signed_in(alice)
    address = reverse("module_revoke", args=[ours.vehicle.pk, ours.module.pk])
    assert browser.get(address).status_code == 200
    browser.post(address)
    with company_scope(ours.scope):
        assert Module.objects.get(pk=ours.module.pk).status == ModuleStatus.REVOKED
    assert "lat" in share(ours, second)


def test_a_fleet_manager_looks_and_a_stranger_finds_nothing(
    ours: House, bob: User, charlie: User, signed_in: SignIn
) -> None:
    here = reverse("vehicle_modules", args=[ours.vehicle.pk])
    page = signed_in(bob).get(here).content.decode()
    assert ours.module.serial in page
    assert reverse("module_add", args=[ours.vehicle.pk]) not in page
    assert signed_in(bob).post(reverse("module_add", args=[ours.vehicle.pk]), {"scope": "all"}).status_code == 403
    assert signed_in(charlie).get(here).status_code == 404
    other = reverse("module_revoke", args=[ours.vehicle.pk, ours.module.pk])
    assert signed_in(charlie).post(other).status_code == 404


def test_some_of_it_needs_at_least_one_group(ours: House, alice: User, signed_in: SignIn) -> None:
    answer = signed_in(alice).post(reverse("module_add", args=[ours.vehicle.pk]), {"scope": "some"})
    assert 'id="groups-error"' in answer.content.decode()


def test_a_serial_may_be_enrolled_anew_after_its_revocation(our_scope: House) -> None:
    actions.revoke_module(actor=SYSTEM, module=our_scope.module)
    anew, _ = actions.enrol_module(actor=SYSTEM, vehicle=our_scope.vehicle, serial=our_scope.module.serial)
    assert anew.pk != our_scope.module.pk
