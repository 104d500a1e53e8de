"""VE-01, VE-03, CO-02, SU-03: from an order to a contract, and what it waits for."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from kolonne.portal.audit.models import Entry
from kolonne.portal.commerce import actions
from kolonne.portal.commerce.models import (
    Assignment,
    Contract,
    ContractVersion,
    Order,
    OrderItem,
    OrderState,
    Profile,
    TermsAcceptance,
)
from kolonne.portal.companies import hooks
from kolonne.portal.companies.models import Company, Tenant
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import ActingFor, Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.models import Drive, Vehicle

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DEALER = Actor(label="Eirik at the dealer", rights={0: frozenset({vehicles.CHECK})})


def set_verified(company: Company, to: Verification) -> None:
    Company.objects.filter(pk=company.pk).update(verification=to)


@pytest.fixture
def unverified(our_scope: House) -> House:
    """Our company before a dealer verified it; its rows are open."""
    set_verified(our_scope.company, Verification.UNVERIFIED)
    return our_scope


@pytest.fixture
def van(unverified: House) -> Vehicle:
    """One that nobody checked."""
    return vehicles.add_vehicle(actor=SYSTEM, company=unverified.company, vin="WK0RDER0000000001")


def place(house: House, *vans: Vehicle, products: tuple[str, ...] = ("maintenance",), actor: Actor = SYSTEM) -> Order:
    return actions.place_order(actor=actor, company=house.company, wanted=products, vehicles=vans or [house.vehicle])


def running(vehicle: Vehicle) -> set[str]:
    return set(Assignment.objects.filter(vehicle=vehicle, ended_at=None).values_list("product", flat=True))


def test_an_order_waits_until_the_terms_are_accepted_and_the_company_is_verified(
    unverified: House, van: Vehicle, alice: User
) -> None:
    """VE-01, VE-03"""
    actor = actor_of(alice)
    order = place(unverified, van, products=("maintenance", "driving-style"), actor=actor)
    with pytest.raises(Conflict) as refusal:
        actions.complete_order(actor=actor, order=order)
    assert refusal.value.code == "unverified"
    actions.accept_terms(actor=actor, order=order)
    hooks.go_on(DEALER, unverified.company)
    assert running(van) == set(), "the company is not verified"
    set_verified(unverified.company, Verification.VERIFIED)
    hooks.go_on(DEALER, unverified.company)
    order.refresh_from_db()
    assert order.state == OrderState.DONE
    assert running(van) == set(), "the van is not verified"
    vehicles.note_check(actor=DEALER, vehicle=van, verified=True)
    hooks.go_on(DEALER, unverified.company)
    assert running(van) == {"maintenance", "driving-style"}
    assert "odometer" in Profile.objects.get(vehicle=van).signals
    assert not OrderItem.objects.filter(done_at=None).exists()


def test_without_accepted_terms_nothing_goes_on(unverified: House) -> None:
    order = place(unverified)
    set_verified(unverified.company, Verification.VERIFIED)
    hooks.go_on(DEALER, unverified.company)
    order.refresh_from_db()
    assert order.state == OrderState.WAITING
    with pytest.raises(Conflict) as refusal:
        actions.complete_order(actor=SYSTEM, order=order)
    assert refusal.value.code == "no_terms"


def test_going_on_twice_changes_nothing(unverified: House) -> None:
    """VE-03"""
    actions.accept_terms(actor=SYSTEM, order=place(unverified))
    set_verified(unverified.company, Verification.VERIFIED)
    hooks.go_on(DEALER, unverified.company)
    before = [Entry.objects.count(), Profile.objects.get(vehicle=unverified.vehicle).version, Contract.objects.count()]
    hooks.go_on(DEALER, unverified.company)
    after = [Entry.objects.count(), Profile.objects.get(vehicle=unverified.vehicle).version, Contract.objects.count()]
    assert after == before


def test_a_verified_company_completes_at_once_and_gets_a_contract_of_its_own(our_scope: House, alice: User) -> None:
    """PR-04"""
    actor = actor_of(alice)
    by_hand = Contract.objects.get()
    order = place(our_scope, actor=actor)
    actions.accept_terms(actor=actor, order=order)
    done = actions.complete_order(actor=actor, order=order)
    assert done.state == OrderState.DONE
    assert done.contract is not None
    assert done.contract != by_hand
    assert (done.contract.generation, done.contract.versions.get().party["name"]) == (1, "Fjordbud AS")
    assert "maintenance" in running(our_scope.vehicle)
    order.refresh_from_db()
    assert order.terms_accepted_by == "Alice Test"
    assert set(TermsAcceptance.objects.values_list("text__code", "order")) >= {("general", order.pk)}


def test_a_company_that_leaves_gets_no_services_any_more(unverified: House) -> None:
    """CO-07"""
    order = place(unverified)
    actions.accept_terms(actor=SYSTEM, order=order)
    set_verified(unverified.company, Verification.VERIFIED)
    Tenant.objects.filter(pk=unverified.company.pk).update(leaving_since=order.placed_at)
    hooks.go_on(DEALER, unverified.company)
    assert "maintenance" not in running(unverified.vehicle)


def test_what_is_there_or_on_order_or_does_not_fit_is_left_out(our_scope: House) -> None:
    diesel = vehicles.add_vehicle(
        actor=SYSTEM,
        company=our_scope.company,
        vin="WK0DHESE100000001",
        data=vehicles.VehicleData(drive=Drive.DIESEL),
    )
    wanted = ("remote-access", "charging-and-climate", "maintenance")
    order = place(our_scope, our_scope.vehicle, diesel, products=wanted)
    assert set(order.items.values_list("vehicle", "product")) == {
        (our_scope.vehicle.pk, "charging-and-climate"),
        (our_scope.vehicle.pk, "maintenance"),
        (diesel.pk, "remote-access"),
        (diesel.pk, "maintenance"),
    }
    with pytest.raises(Invalid) as refusal:
        place(our_scope, our_scope.vehicle, diesel, products=wanted)
    assert refusal.value.code == "nothing_new"


def test_what_makes_no_sense_is_refused(our_scope: House, theirs: House, bob: User, charlie: User) -> None:
    for products, vans, code in (
        (["teleport"], [our_scope.vehicle], "unknown_product"),
        ([], [our_scope.vehicle], "nothing_chosen"),
        (["maintenance"], [], "nothing_chosen"),
        (["maintenance"], [theirs.vehicle], "nothing_chosen"),
        (["maintenance"], [our_scope.vehicle] * 201, "too_many_vans"),
    ):
        with pytest.raises(Invalid) as refusal:
            actions.place_order(actor=SYSTEM, company=our_scope.company, wanted=products, vehicles=vans)
        assert refusal.value.code == code
    order = place(our_scope)
    for user in (bob, charlie):
        actor = actor_of(user)
        for act in (actions.accept_terms, actions.complete_order, actions.withdraw_order):
            with pytest.raises(NotAllowed):
                act(actor=actor, order=order)
        with pytest.raises(NotAllowed):
            place(our_scope, actor=actor)


def test_a_withdrawn_order_never_goes_on(unverified: House) -> None:
    order = place(unverified)
    actions.accept_terms(actor=SYSTEM, order=order)
    actions.withdraw_order(actor=SYSTEM, order=order)
    set_verified(unverified.company, Verification.VERIFIED)
    hooks.go_on(DEALER, unverified.company)
    assert "maintenance" not in running(unverified.vehicle)
    for act in (actions.accept_terms, actions.complete_order, actions.withdraw_order):
        with pytest.raises(Conflict) as refusal:
            act(actor=SYSTEM, order=order)
        assert refusal.value.code == "not_waiting"
    place(unverified)


def test_a_helper_completes_only_what_was_accepted_and_accepts_nothing(our_scope: House, alice: User) -> None:
    """SU-03"""
    helper = replace(actor_of(alice), label="Sigrid", acting_for=ActingFor(alice.pk, "Alice Test", 1))
    order = place(our_scope, actor=helper)
    with pytest.raises(Conflict) as refusal:
        actions.accept_terms(actor=helper, order=order)
    assert refusal.value.code == "terms_by_helper"
    with pytest.raises(Conflict) as refusal:
        actions.complete_order(actor=helper, order=order)
    assert refusal.value.code == "no_terms"
    actions.accept_terms(actor=actor_of(alice), order=order)
    assert actions.complete_order(actor=helper, order=order).state == OrderState.DONE


def test_removing_the_last_van_of_an_order_leaves_nothing_to_complete(unverified: House, van: Vehicle) -> None:
    order = place(unverified, van)
    actions.accept_terms(actor=SYSTEM, order=order)
    vehicles.remove_vehicle(actor=SYSTEM, vehicle=van)
    set_verified(unverified.company, Verification.VERIFIED)
    hooks.go_on(DEALER, unverified.company)
    with pytest.raises(Conflict) as refusal:
        actions.complete_order(actor=SYSTEM, order=order)
    assert refusal.value.code == "nothing_left"
    actions.withdraw_order(actor=SYSTEM, order=order)


def test_what_was_ended_meanwhile_does_not_come_back(our_scope: House) -> None:
    order = place(our_scope)
    actions.accept_terms(actor=SYSTEM, order=order)
    actions.complete_order(actor=SYSTEM, order=order)
    actions.end_product(actor=SYSTEM, vehicle=our_scope.vehicle, product="maintenance")
    hooks.go_on(DEALER, our_scope.company)
    assert "maintenance" not in running(our_scope.vehicle)


def test_a_contract_is_with_the_company_as_it_was_and_changes_make_generations(our_scope: House) -> None:
    """CO-02"""
    contract = Contract.objects.get()
    assert contract.versions.get().party["name"] == "Fjordbud AS"
    Company.objects.filter(pk=our_scope.company.pk).update(name="Fjordbud Logistikk AS", generation=2)
    hooks.tell_of_master_data(SYSTEM, our_scope.company)
    hooks.tell_of_master_data(SYSTEM, our_scope.company)
    contract.refresh_from_db()
    assert contract.generation == 2
    names = [version.party["name"] for version in contract.versions.order_by("generation")]
    assert names == ["Fjordbud AS", "Fjordbud Logistikk AS"]
    assert [version.party["generation"] for version in ContractVersion.objects.order_by("generation")] == [1, 2]


def test_an_ended_contract_keeps_its_generation(our_scope: House) -> None:
    Contract.objects.update(state="ended")
    Company.objects.filter(pk=our_scope.company.pk).update(name="Fjordbud Logistikk AS", generation=2)
    hooks.tell_of_master_data(SYSTEM, our_scope.company)
    assert Contract.objects.get().generation == 1


@pytest.fixture
def everything_ours(our_scope: House, bob: User) -> Order:
    return place(our_scope)


def test_strangers_find_neither_orders_nor_contracts(
    everything_ours: Order, charlie: User, dora: User, wanda: User, signed_in: SignIn
) -> None:
    contract = Contract.objects.get()
    for path in (
        f"orders/{everything_ours.pk}/",
        f"orders/{everything_ours.pk}/withdraw/",
        f"contracts/{contract.pk}/",
    ):
        for user in (charlie, dora, wanda):
            client = signed_in(user)
            assert client.get(f"/{path}").status_code == 404
            assert client.post(f"/{path}", {"act": "complete", "terms": "1"}).status_code in {404, 405}
    everything_ours.refresh_from_db()
    assert everything_ours.state == OrderState.WAITING


def test_with_another_companys_vans_nothing_is_ordered(
    our_scope: House, theirs: House, alice: User, signed_in: SignIn
) -> None:
    answer = signed_in(alice).post(
        "/orders/new/", {"act": "place", "products": ["maintenance"], "vehicles": [str(theirs.vehicle.pk)]}
    )
    assert "not in your company any more" in answer.content.decode()
    with company_scope([our_scope.company.pk, theirs.company.pk]):
        assert not Order.objects.exists()
