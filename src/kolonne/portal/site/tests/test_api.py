"""FT-09, NF-03, NF-04: the REST API; who may use it, and how its errors look."""

import json
from typing import Any

import pytest
from django.test import Client

from kolonne.portal.commands import actions as commands
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
API = "/api/v1"


def key(owner: User, house: House, *scopes: str) -> Client:
    """A program with a key that this person made."""
    _, token = companies.create_api_key(actor=actor_of(owner), company=house.company, name="erp", scopes=scopes)
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})


def give(client: Client, house: House, body: dict[str, Any], **headers: str) -> Any:
    address = f"{API}/vehicles/{house.vehicle.vin}/commands"
    return client.post(address, json.dumps(body), content_type="application/json", headers=headers or None)


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem document, whose shape is checked."""
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == status
    assert body["type"].startswith("urn:kolonne:problem:")
    assert body["title"]
    assert body["detail"]
    for error in body.get("errors", []):
        assert error.keys() == {"field", "value", "remedy"}
    return body


def test_nobody_gets_in_without_a_key_or_a_session(client: Client) -> None:
    response = client.get(f"{API}/vehicles")
    problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_unknown_key_is_refused_even_beside_a_session(signed_in: Any, bob: User) -> None:
    problem(signed_in(bob).get(f"{API}/vehicles", headers={"Authorization": "Bearer kol_nothing"}), 401)


def test_a_revoked_key_opens_nothing(alice: User, ours: House) -> None:
    made, token = companies.create_api_key(
        actor=actor_of(alice), company=ours.company, name="old", scopes=["vehicles:read"]
    )
    companies.revoke_api_key(actor=actor_of(alice), key=made)
    problem(Client().get(f"{API}/vehicles", headers={"Authorization": f"Bearer {token}"}), 401)


def test_a_key_sees_the_vans_of_its_company_only(alice: User, ours: House, theirs: House) -> None:
    client = key(alice, ours, "vehicles:read")
    assert [van["vin"] for van in client.get(f"{API}/vehicles").json()["vehicles"]] == [ours.vehicle.vin]
    assert client.get(f"{API}/vehicles/{ours.vehicle.vin}").json()["plate"] == ours.vehicle.plate


@pytest.mark.parametrize("tail", ["", "/history"])
def test_another_companys_van_does_not_exist(signed_in: Any, charlie: User, ours: House, tail: str) -> None:
    problem(signed_in(charlie).get(f"{API}/vehicles/{ours.vehicle.vin}{tail}"), 404)


def test_another_companys_van_takes_no_command(signed_in: Any, charlie: User, ours: House) -> None:
    problem(give(signed_in(charlie), ours, {"command": "lock"}), 404)


@pytest.mark.parametrize("vin", ["WK0TEST00000000", "%00", "x" * 17, "..%2f..%2fadmin", "' OR 1=1 --"])
def test_what_is_no_vin_is_no_van(signed_in: Any, bob: User, vin: str) -> None:
    response = signed_in(bob).get(f"{API}/vehicles/{vin}")
    assert response.status_code in {404, 422}
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_key_needs_the_scope(alice: User, ours: House) -> None:
    client = key(alice, ours, "vehicles:read")
    assert "fleet.history:read" in problem(client.get(f"{API}/vehicles/{ours.vehicle.vin}/history"), 403)["detail"]
    problem(give(client, ours, {"command": "lock"}), 403)


def test_vans_come_page_by_page(signed_in: Any, bob: User, ours: House) -> None:
    client = signed_in(bob)
    first = client.get(f"{API}/vehicles?limit=1").json()
    assert first["next"] is None
    assert client.get(f"{API}/vehicles?after={ours.vehicle.pk}").json()["vehicles"] == []


def test_a_command_is_accepted_with_its_address(alice: User, ours: House) -> None:
    client = key(alice, ours, "commands:write")
    response = give(client, ours, {"command": "lock"}, **{"Idempotency-Key": "4711"})
    assert response.status_code == 202
    told = client.get(response.headers["Location"]).json()
    assert told == json.loads(response.content)
    assert (told["state"], told["vin"], told["requested_by"]) == ("queued", ours.vehicle.vin, "key erp")
    again = give(client, ours, {"command": "lock"}, **{"Idempotency-Key": "4711"})
    assert json.loads(again.content)["id"] == told["id"]
    problem(give(client, ours, {"command": "find"}, **{"Idempotency-Key": "4711"}), 409)


def test_opening_by_a_program_needs_its_scope_and_its_makers_pin(alice: User, ours: House) -> None:
    order = {"command": "unlock", "pin": "271828"}
    problem(give(key(alice, ours, "commands:write"), ours, order), 403)
    client = key(alice, ours, "commands:unlock")
    assert problem(give(client, ours, order), 409)["type"].endswith("pin_not_set")
    alice.set_password("four vans in a yard")
    alice.save()
    commands.set_pin(actor=actor_of(alice), user=alice, current_password="four vans in a yard", pin="271828")
    assert give(client, ours, order).status_code == 202


@pytest.mark.parametrize("end", ["blocked", "left"])
def test_a_key_opens_no_van_when_its_maker_may_not(end: str, alice: User, ours: House) -> None:
    client = key(alice, ours, "commands:unlock")
    alice.set_password("four vans in a yard")
    alice.state = State.BLOCKED if end == "blocked" else State.ACTIVE
    alice.save()
    commands.set_pin(actor=actor_of(alice), user=alice, current_password="four vans in a yard", pin="271828")
    if end == "left":
        with company_scope(ours.scope):
            alice.memberships.all().delete()
    answer = give(client, ours, {"command": "unlock", "pin": "271828"})
    assert problem(answer, 409)["type"].endswith("pin_not_set")
    assert give(client, ours, {"command": "lock"}).status_code == 202


def test_the_name_of_an_argument_is_told_whatever_it_holds(signed_in: Any, bob: User, ours: House) -> None:
    body = problem(give(signed_in(bob), ours, {"command": "lock", "args": {"\ud800": 1}}), 422)
    assert body["errors"][0]["field"] == "args.?"


def test_a_wrong_pin_format_is_not_told_back(signed_in: Any, bob: User, ours: House) -> None:
    response = give(signed_in(bob), ours, {"command": "unlock", "pin": "12345678"})
    assert problem(response, 422)["errors"][0]["field"] == "pin"
    assert b"12345678" not in response.content


def test_wrong_arguments_are_named_with_value_and_remedy(signed_in: Any, bob: User, ours: House) -> None:
    body = problem(give(signed_in(bob), ours, {"command": "charge_limit", "args": {"percent": 140}}), 422)
    assert body["errors"] == [{"field": "args.percent", "value": 140, "remedy": "expected a number from 50 to 100"}]


@pytest.mark.parametrize("body", ["", "{", "[]", '"lock"', '{"command": 7}', '{"command": "lock", "extra": 1}', "\xff"])
def test_a_body_that_is_no_order_is_explained(signed_in: Any, bob: User, ours: House, body: str) -> None:
    address = f"{API}/vehicles/{ours.vehicle.vin}/commands"
    response = signed_in(bob).post(address, body, content_type="application/json")
    problem(response, response.status_code)
    assert response.status_code in {400, 422}


def test_a_session_must_prove_that_our_page_asks(bob: User, ours: House) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert problem(give(client, ours, {"command": "lock"}), 403)["type"].endswith("csrf_failed")
    assert client.get(f"{API}/vehicles").status_code == 200


def test_what_is_not_there_and_what_is_not_possible_are_explained(signed_in: Any, bob: User) -> None:
    client = signed_in(bob)
    problem(client.get(f"{API}/nothing/here"), 404)
    response = client.delete(f"{API}/vehicles")
    assert "GET" in problem(response, 405)["remedy"]
    assert response.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("signals=soc,warp", "signals"),
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("from=yesterday", "from"),
        ("from=2026-01-01T00:00:00", "from"),
        ("cursor=xyz", "cursor"),
        ("cursor=MjAyNi0wMS0wMVQwMDowMDowMCswMDowMHwxfCg5OTk5OTk5OTk5OSwxKQ", "cursor"),
    ],
)
def test_a_wrong_word_of_a_query_is_named(signed_in: Any, bob: User, ours: House, query: str, field: str) -> None:
    body = problem(signed_in(bob).get(f"{API}/vehicles/{ours.vehicle.vin}/history?{query}"), 422)
    assert body["errors"][0]["field"] == field


def test_an_unknown_signal_is_told_back(signed_in: Any, bob: User, ours: House) -> None:
    body = problem(signed_in(bob).get(f"{API}/vehicles/{ours.vehicle.vin}/history?signals=soc,warp"), 422)
    assert body["errors"][0]["value"] == "warp"


def test_a_van_without_readings_has_an_empty_history(signed_in: Any, bobs_actor: Actor, bob: User, ours: House) -> None:
    client = signed_in(bob)
    assert client.get(f"{API}/vehicles/{ours.vehicle.vin}/history").json() == {"points": [], "next": None}
    state = client.get(f"{API}/vehicles/{ours.vehicle.vin}").json()
    assert (state["received"], state["signals"]) == (None, {})
    snapshot = client.get(f"{API}/live/snapshot").json()
    assert [van["id"] for van in snapshot["vans"]] == [ours.vehicle.pk]


def test_the_schema_describes_problems_everywhere(client: Client) -> None:
    schema = client.get(f"{API}/openapi.json").json()
    assert {"/api/v1/vehicles", "/api/v1/vehicles/{vin}/history", "/api/v1/commands/{command_id}"} <= schema[
        "paths"
    ].keys()
    assert "Problem" in schema["components"]["schemas"]
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]
