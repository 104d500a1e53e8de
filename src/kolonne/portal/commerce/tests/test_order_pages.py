"""VE-01, VE-03, SU-03: the pages of orders and contracts."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kolonne.portal.commerce import actions
from kolonne.portal.commerce.catalogue import Offer, offer
from kolonne.portal.commerce.models import Contract, Order, OrderState
from kolonne.portal.commerce.tests.test_orders import place, running, set_verified
from kolonne.portal.companies import hooks
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.models import Drive

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def words(client: Client, address: str) -> str:
    """What a page says, without its tags."""
    response = client.get(address)
    assert response.status_code == 200, address
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def order_it(client: Client, van: int, *products: str) -> str:
    """The address of the order."""
    answer = client.post("/orders/new/", {"act": "place", "products": products, "vehicles": [str(van)]})
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def terms_on(client: Client, address: str) -> dict[str, object]:
    """What a browser sends of a page on which the terms were ticked."""
    shown = re.findall(r'name="document" value="(\w{64})"', client.get(address).content.decode())
    return {"terms": "1", "document": shown}


def test_an_administrator_orders_accepts_and_completes(ours: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    assert "Nothing ordered yet" in words(client, "/orders/")
    form = words(client, "/orders/new/")
    assert "For the drives: Electric, Plug-in hybrid" in form
    basket = client.post("/orders/new/", {"products": ["maintenance"], "vehicles": [str(ours.vehicle.pk)]})
    assert "Look once more" in basket.content.decode()
    placed = order_it(client, ours.vehicle.pk, "maintenance")
    page = words(client, placed)
    assert "I have read the" in page
    assert "Have the company verified" not in page
    without = client.post(placed, {"act": "complete"})
    assert without.status_code == 409
    assert "Read the terms and accept them first" in without.content.decode()
    client.post(placed, {"act": "complete"} | terms_on(client, placed))
    with company_scope(ours.scope):
        assert Order.objects.get().state == OrderState.DONE
        assert "maintenance" in running(ours.vehicle)
    assert "Became a contract" in words(client, "/orders/")


def test_terms_that_changed_since_the_page_was_opened_are_not_accepted(
    ours: House, alice: User, signed_in: SignIn
) -> None:
    """PR-03: nobody accepts what he did not read."""
    client = signed_in(alice)
    placed = order_it(client, ours.vehicle.pk, "maintenance")
    answer = client.post(placed, {"act": "complete", "terms": "1", "document": ["0" * 64]})
    assert (answer.status_code, "terms have changed" in answer.content.decode()) == (409, True)
    with company_scope(ours.scope):
        assert (Order.objects.get().state, Order.objects.get().terms_accepted_at) == (OrderState.WAITING, None)


def test_an_unverified_company_reads_what_still_hinders_it_by_name(ours: House, alice: User, signed_in: SignIn) -> None:
    """VE-01"""
    with company_scope(ours.scope):
        set_verified(ours.company, Verification.UNVERIFIED)
        van = vehicles.add_vehicle(actor=SYSTEM, company=ours.company, vin="WK0PAGE0000000001")
    client = signed_in(alice)
    placed = order_it(client, van.pk, "maintenance")
    page = words(client, placed)
    for wanted in ("Accept: ", "Have the company verified", "No dealer has verified 1 of the vans yet"):
        assert wanted in page
    blocked = client.get(placed).content.decode()
    assert re.search(r'<button[^>]*aria-disabled="true"[^>]*>.*Complete the purchase', blocked, re.DOTALL)
    assert 'value="complete"' not in blocked
    client.post(placed, {"act": "accept"} | terms_on(client, placed))
    assert client.post(placed, {"act": "complete"}).status_code == 409
    with company_scope(ours.scope):
        set_verified(ours.company, Verification.VERIFIED)
        vehicles.note_check(actor=SYSTEM, vehicle=van, verified=True)
        hooks.go_on(SYSTEM, Company.objects.get(pk=ours.company.pk))
        assert running(van) == {"maintenance"}


def test_a_done_order_names_vans_on_which_it_has_not_begun_and_why(ours: House, alice: User, signed_in: SignIn) -> None:
    """VE-02"""
    with company_scope(ours.scope):
        set_verified(ours.company, Verification.UNVERIFIED)
        van = vehicles.add_vehicle(actor=SYSTEM, company=ours.company, vin="WK0PAGE0000000001")
        set_verified(ours.company, Verification.VERIFIED)
        vehicles.note_check(actor=SYSTEM, vehicle=van, verified=False, reason="The papers name another VIN")
        order = place(ours, van)
        actions.complete_order(actor=SYSTEM, order=actions.accept_terms(actor=SYSTEM, order=order))
    page = words(signed_in(alice), f"/orders/{order.pk}/")
    assert "Became a contract" in page
    assert "not begun on 1 van" in page
    assert "Refused by the dealer : The papers name another VIN" in page.replace("dealer:", "dealer :")


def test_a_fleet_manager_reads_and_changes_nothing(our_scope: House, bob: User, signed_in: SignIn) -> None:
    order = place(our_scope)
    client = signed_in(bob)
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert 'value="complete"' not in page
    assert "withdraw/" not in page
    for address in ("/orders/new/", f"/orders/{order.pk}/withdraw/"):
        assert client.get(address).status_code == 403
    assert client.post(f"/orders/{order.pk}/", {"act": "complete", "terms": "1"}).status_code == 403
    for address in ("/orders/", "/contracts/", "/terms/", f"/contracts/{Contract.objects.get().pk}/"):
        assert client.get(address).status_code == 200


def test_an_order_is_withdrawn_after_a_question(our_scope: House, alice: User, signed_in: SignIn) -> None:
    order = place(our_scope)
    client = signed_in(alice)
    assert "Nothing of it begins on its 1 van" in words(client, f"/orders/{order.pk}/withdraw/")
    client.post(f"/orders/{order.pk}/withdraw/")
    order.refresh_from_db()
    assert order.state == OrderState.WITHDRAWN
    assert "nothing to withdraw" in words(client, f"/orders/{order.pk}/withdraw/")


def test_a_form_without_a_choice_says_so_beside_it(ours: House, alice: User, signed_in: SignIn) -> None:
    page = signed_in(alice).post("/orders/new/", {}).content.decode()
    assert "Choose at least one service." in page
    assert "Choose at least one van." in page


def test_old_generations_of_a_contract_stay_readable(our_scope: House, alice: User, signed_in: SignIn) -> None:
    """CO-02"""
    Company.objects.filter(pk=our_scope.company.pk).update(name="Fjordbud Logistikk AS", generation=2)
    hooks.tell_of_master_data(SYSTEM, our_scope.company)
    page = words(signed_in(alice), f"/contracts/{Contract.objects.get().pk}/")
    for wanted in ("Generation 2", "Fjordbud Logistikk AS", "Generation 1", "Fjordbud AS", "Vehicle supervision"):
        assert wanted in page


def test_the_step_of_the_start_page_follows_what_is_there(our_scope: House, alice: User, bob: User) -> None:
    actor = actor_of(alice)
    steps = {step.order: step for step in hooks.next_steps(actor, our_scope.company)}
    assert steps[20].is_done
    assert steps[30].is_done
    order = place(our_scope)
    steps = {step.order: step for step in hooks.next_steps(actor, our_scope.company)}
    assert (steps[30].is_done, steps[30].url) == (False, f"/orders/{order.pk}/")
    assert not {20, 30} & {step.order for step in hooks.next_steps(actor_of(bob), our_scope.company)}


@pytest.mark.parametrize("path", ["/orders/", "/orders/new/", "/contracts/"])
def test_lists_ask_as_often_for_many_as_for_one(our_scope: House, alice: User, signed_in: SignIn, path: str) -> None:
    client = signed_in(alice)
    place(our_scope)
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for number in range(6):
        vin = f"WK0MANY000000000{number}"
        place(our_scope, vehicles.add_vehicle(actor=SYSTEM, company=our_scope.company, vin=vin))
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) == len(few)


def test_the_basket_says_what_it_costs_what_is_left_out_and_what_hinders(
    ours: House, alice: User, signed_in: SignIn
) -> None:
    """PR-02, PR-04: named before the purchase."""
    with company_scope(ours.scope):
        set_verified(ours.company, Verification.UNVERIFIED)
        data = vehicles.VehicleData(plate="DK 12345", drive=Drive.DIESEL)
        diesel = vehicles.add_vehicle(actor=SYSTEM, company=ours.company, vin="WK0PAGE0000000001", data=data)
    vans = [str(ours.vehicle.pk), str(diesel.pk)]
    client = signed_in(alice)
    chosen = {"products": ["charging-and-climate", "vehicle-supervision"], "vehicles": vans}
    page = " ".join(re.sub(r"<[^>]+>", " ", client.post("/orders/new/", chosen).content.decode()).split())
    for wanted in (
        "Left out",
        "It is made for another drive: Electric, Plug-in hybrid. DK 12345",
        "It is there already.",
        "NOK\xa0138.00",
        "12 months free",
        "Have the company verified",
        "No dealer has verified 1 of the vans yet",
        "Accept: ",
    ):
        assert wanted.replace("\xa0", " ") in page.replace("\xa0", " "), wanted
    back = client.post("/orders/new/", chosen | {"act": "change"}).content.decode()
    assert 'value="charging-and-climate" checked' in back


def test_what_runs_already_is_said_where_services_and_vans_are_chosen(
    our_scope: House, alice: User, signed_in: SignIn
) -> None:
    """PR-01, PR-02: not only when it is refused."""
    data = vehicles.VehicleData(plate="DK 12345", drive=Drive.DIESEL)
    van = vehicles.add_vehicle(actor=SYSTEM, company=our_scope.company, vin="WK0PAGE0000000001", data=data)
    place(our_scope, van, products=("maintenance",))
    page = signed_in(alice).get("/orders/new/?products=charging-and-climate").content.decode()
    said = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for wanted in (
        "Runs on 1 of 2 vans",
        "On order for 1 of 2 vans",
        "Does not fit 1 of 2 vans",
        "Runs: Vehicle supervision, Remote access",
        "On order: Maintenance",
        "On 2 vans a part of it runs already, is on order or does not fit: the rest is ordered singly there.",
    ):
        assert wanted in said, wanted
    assert re.search(r'value="charging-and-climate" checked', page)
    vehicles.remove_vehicle(actor=SYSTEM, vehicle=van)
    page = signed_in(alice).get("/orders/new/?products=remote-access").content.decode()
    assert re.search(r'value="remote-access" disabled', page), "no van is left that could get it"
    assert "Nothing to order: runs on 1 of 1 van" in page


def test_a_package_costs_its_price_and_a_van_that_cannot_have_all_of_it_buys_singly(our_scope: House) -> None:
    """PR-01"""
    whole = vehicles.add_vehicle(actor=SYSTEM, company=our_scope.company, vin="WK0PAGE0000000001")
    vans = [our_scope.vehicle, whole]
    order = actions.place_order(
        actor=SYSTEM, company=our_scope.company, wanted=[], packages=["electric-start"], vehicles=vans
    )
    assert sum(item.price for item in order.items.filter(vehicle=whole)) == offer_of("electric-start").price
    [single] = order.items.filter(vehicle=our_scope.vehicle)
    assert (single.product, single.package) == ("charging-and-climate", "")
    assert single.price == offer_of("charging-and-climate").price


def offer_of(code: str) -> Offer:
    found = offer("no", code)
    assert found is not None
    return found
