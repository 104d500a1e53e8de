"""The map, the list and the page of a van (FT-01, FT-02, NF-03)."""

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client

from kolonne.portal.commerce import actions as commerce
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Kind, Role
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import User

SignIn = Callable[[User], Client]
PAGES = ("/", "/vans/", "/vans/?state=alert&sort=-seen", "/vans/?q=EL&sort=level&page=9")


def page_data(html: str, name: str) -> object:
    """What the template left for the browser's modules."""
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', html)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize("path", PAGES)
def test_a_fleet_manager_opens_it(path: str, bob: User, signed_in: SignIn) -> None:
    answer = signed_in(bob).get(path)
    assert answer.status_code == 200
    assert "style=" not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_signs_in_first(path: str, ours: House) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_driver_is_told_whom_to_ask(dora: User, alice: User, signed_in: SignIn) -> None:
    answer = signed_in(dora).get("/")
    assert answer.status_code == 403
    assert str(alice) in answer.text


def test_who_has_no_vans_but_people_begins_with_these(db: None, signed_in: SignIn) -> None:
    operator = companies.create_company(actor=SYSTEM, name="Kolonne Norge", market="no", kind=Kind.OPERATOR)
    nora = person("nora")
    companies.add_member(actor=SYSTEM, company=operator, user=nora, roles=[Role.MARKET_ADMINISTRATOR])
    client = signed_in(nora)
    assert client.get("/").headers["Location"] == "/people/"
    assert client.get("/vans/").status_code == 403


def test_dealers_begin_with_their_customers(kari: User, signed_in: SignIn) -> None:
    assert signed_in(kari).get("/").headers["Location"] == "/customers/"


def test_the_list_shows_our_vans_only(bob: User, theirs: House, ours: House, signed_in: SignIn) -> None:
    html = signed_in(bob).get("/vans/").text
    assert ours.vehicle.plate in html
    assert theirs.vehicle.plate not in html


def test_the_list_finds_by_plate_and_says_when_nothing_fits(bob: User, ours: House, signed_in: SignIn) -> None:
    client = signed_in(bob)
    assert ours.vehicle.vin not in client.get("/vans/?q=nothing").text
    assert ours.vehicle.plate in client.get("/vans/", {"q": ours.vehicle.plate}).text


def test_a_search_for_what_no_text_can_hold_is_a_search(bob: User, ours: House, signed_in: SignIn) -> None:
    answer = signed_in(bob).get("/vans/", {"q": f"\0{ours.vehicle.plate}\0"})
    assert answer.status_code == 200
    assert f"/vans/{ours.vehicle.pk}/" in answer.text


def test_a_van_of_another_company_does_not_exist(bob: User, theirs: House, signed_in: SignIn) -> None:
    assert signed_in(bob).get(f"/vans/{theirs.vehicle.pk}/").status_code == 404


def test_the_page_of_a_van_offers_what_its_products_hold(bob: User, ours: House, signed_in: SignIn) -> None:
    html = signed_in(bob).get(f"/vans/{ours.vehicle.pk}/").text
    assert 'data-command="lock"' in html
    assert 'data-command="unlock" data-pin="1"' in html
    data = page_data(html, "vehicle")
    assert isinstance(data, dict)
    assert data["vehicle"] == ours.vehicle.pk


@pytest.mark.parametrize(("language", "word"), [("de", "Fahrzeuge"), ("nb", "Biler"), ("en", "Vans")])
def test_pages_speak_the_persons_language(language: str, word: str, bob: User, signed_in: SignIn) -> None:
    """NF-01."""
    User.objects.filter(pk=bob.pk).update(language=language)
    html = signed_in(bob).get("/vans/").text
    assert f'<html lang="{language}"' in html
    assert word in html


def test_a_map_without_roads_says_so(bob: User, signed_in: SignIn) -> None:
    assert signed_in(bob).get("/map/roads.geojson").status_code == 404


def test_a_van_without_service_is_said_to_be_silent(
    our_scope: House, bob: User, signed_in: Callable[[User], Client]
) -> None:
    """VH-04."""
    address, silent = f"/vans/{our_scope.vehicle.pk}/", "has no active service"
    client = signed_in(bob)
    assert silent not in client.get(address).content.decode()
    for product in ("vehicle-supervision", "remote-access"):
        commerce.end_product(actor=SYSTEM, vehicle=our_scope.vehicle, product=product)
    assert silent in client.get(address).content.decode()
