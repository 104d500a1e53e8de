"""CD-01..CD-03 on the pages: forms work without scripts, scripts get JSON, strangers get 404."""

import json
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from kolonne.portal.commands.models import Command
from kolonne.portal.commands.queries import pin_state
from kolonne.portal.commands.tests.conftest import PASSWORD, PIN
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def desk(signed_in: Any, bob: User, ours: House) -> Client:
    bob.set_password(PASSWORD)
    bob.save()
    client: Client = signed_in(bob)
    return client


def address(house: House) -> str:
    return f"/vans/{house.vehicle.pk}/commands/"


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_a_form_goes_back_to_where_it_was(desk: Client, ours: House) -> None:
    response = desk.post(address(ours), {"command": "lock", "next": f"/vans/{ours.vehicle.pk}/"})
    assert (response.status_code, response["Location"]) == (302, f"/vans/{ours.vehicle.pk}/")
    assert told(response) == ["Lock: asked."]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", ""])
def test_a_form_never_leads_elsewhere(desk: Client, ours: House, target: str) -> None:
    assert desk.post(address(ours), {"command": "lock", "next": target})["Location"] == address(ours)


def test_a_script_gets_the_command(desk: Client, ours: House) -> None:
    response = desk.post(address(ours), {"command": "lock", "key": "k1"}, headers=JSON)
    assert response.status_code == 202
    command = response.json()["command"]
    assert (command["state"], command["name_text"], command["requested_by"]) == ("queued", "Lock", "Bob Test")
    assert [one["id"] for one in desk.get(address(ours), headers=JSON).json()["commands"]] == [command["id"]]
    assert "Bob Test" in desk.get(address(ours)).content.decode()


def test_a_refusal_is_told_in_words(desk: Client, ours: House) -> None:
    response = desk.post(address(ours), {"command": "unlock", "pin": PIN}, headers=JSON)
    assert (response.status_code, response["Content-Type"]) == (409, "application/problem+json")
    assert "Set one in your profile" in response.json()["detail"]
    assert told(desk.post(address(ours), {"command": "unlock", "pin": PIN}))


def test_the_plain_form_asks_for_the_pin_where_no_script_does(desk: Client, ours: House) -> None:
    response = desk.post(address(ours), {"command": "unlock", "next": f"/vans/{ours.vehicle.pk}/"})
    assert response["Location"] == address(ours)
    assert 'name="pin"' in desk.get(address(ours)).content.decode()


def test_an_unknown_command_is_explained(desk: Client, bob: User, ours: House) -> None:
    response = desk.post(address(ours), {"command": "dance"}, headers=JSON)
    assert response.json()["type"].endswith("unknown_command")


def test_numbers_come_with_comma_or_point(desk: Client, ours: House) -> None:
    response = desk.post(address(ours), {"command": "climate_start", "temperature": "21,5"}, headers=JSON)
    assert json.loads(response.content)["type"].endswith("not_entitled"), "the argument itself was fine"


def test_a_stranger_gets_404(signed_in: Any, charlie: User, dora: User, ours: House) -> None:
    for stranger in (charlie, dora):
        client = signed_in(stranger)
        assert client.get(address(ours)).status_code == 404
        assert client.post(address(ours), {"command": "lock"}).status_code == 404
        assert client.post(address(ours), {"command": "lock"}, headers=JSON).status_code == 404
    with company_scope(ours.scope):
        assert not Command.objects.exists()


def set_pin(client: Client, **changes: str) -> Any:
    return client.post("/profile/pin/", {"password": PASSWORD, "pin": PIN, "pin_again": PIN, **changes})


def test_a_pin_is_set_with_the_password(desk: Client, bob: User) -> None:
    assert set_pin(desk).status_code == 302
    assert pin_state(bob.pk)
    assert PIN not in desk.get("/profile/pin/").content.decode()


@pytest.mark.parametrize(
    "changes", [{"password": "wrong"}, {"pin_again": "271829"}, {"pin": "12345", "pin_again": "12345"},
                {"pin": "111111", "pin_again": "111111"}, {"pin": ""}],
)  # fmt: skip
def test_a_pin_that_is_not_right_is_explained(desk: Client, bob: User, changes: dict[str, str]) -> None:
    response = set_pin(desk, **changes)
    assert response.status_code == 422
    assert "k-error" in response.content.decode()
    assert pin_state(bob.pk) is None


def test_the_password_cannot_be_guessed_here(desk: Client, bob: User) -> None:
    answers = [set_pin(desk, password=f"guess {number}") for number in range(12)]
    assert "Too many tries" in answers[-1].content.decode()
