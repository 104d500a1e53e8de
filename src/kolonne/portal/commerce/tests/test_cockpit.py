"""PR-06: the contract cockpit, and the pages on which a company decides about its services."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kolonne.portal.commerce import actions
from kolonne.portal.commerce.models import Assignment, Contract, OrderItem
from kolonne.portal.commerce.tests.test_contract_life import buy
from kolonne.portal.commerce.tests.test_order_pages import SignIn, words
from kolonne.portal.commerce.tests.test_orders import place, set_verified
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles

pytestmark = pytest.mark.django_db


def shown(client: Client, address: str) -> list[str]:
    """The lines that a page offers to mark."""
    return re.findall(r'name="line" value="(\d+)"', client.get(address).content.decode())


def decide(client: Client, act: str, lines: list[Assignment], **more: str) -> tuple[str, int]:
    """What the confirmation page says, and the status of the act that it offers."""
    query = "&".join([f"act={act}", *(f"line={line.pk}" for line in lines), *(f"{k}={v}" for k, v in more.items())])
    page = client.get(f"/contracts/services/?{query}").content.decode()
    offered = re.findall(r'name="line" value="(\d+)"', page.rpartition('method="post"')[2])
    answer = client.post("/contracts/services/", {"act": act, "line": offered} | more)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split()), answer.status_code


def test_the_cockpit_names_dates_prices_and_sums_and_filters(our_scope: House, alice: User, signed_in: SignIn) -> None:
    now = timezone.now()
    [trial] = buy(our_scope, "maintenance", now=now)
    [paid] = buy(our_scope, "driving-style", converts=True, now=now)
    client = signed_in(alice)
    page = words(client, "/contracts/")
    for wanted in ("Maintenance", "then ends", "then paid", "EL 00001", trial.contract.number, "Per month now"):
        assert wanted in page
    assert trial.trial_until is not None
    assert shown(client, "/contracts/?product=maintenance") == [str(trial.pk)]
    assert set(shown(client, "/contracts/?state=trial")) == {str(trial.pk), str(paid.pk)}
    assert shown(client, "/contracts/?q=nobody") == []
    assert "Nothing fits" in words(client, "/contracts/?q=nobody")


def test_what_changes_next_comes_first(our_scope: House, alice: User, signed_in: SignIn) -> None:
    late, soon = buy(our_scope, "maintenance", "driving-style", now=timezone.now())
    Assignment.objects.filter(pk=soon.pk).update(ends_at=timezone.now() + timedelta(days=3))
    Assignment.objects.filter(pk=late.pk).update(ends_at=timezone.now() + timedelta(days=30))
    assert shown(signed_in(alice), "/contracts/")[:2] == [str(soon.pk), str(late.pk)]


def test_every_decision_says_its_consequences_first_and_can_be_taken_back(
    our_scope: House, alice: User, signed_in: SignIn
) -> None:
    """PR-04"""
    client = signed_in(alice)
    paid = list(Assignment.objects.filter(vehicle=our_scope.vehicle))
    said, status = decide(client, "cancel", paid)
    assert ("2 services run on and are paid for until" in said, status) == (True, 302)
    assert set(Assignment.objects.values_list("state", flat=True)) == {"notice"}
    said, _ = decide(client, "cancel", paid)
    assert "Nothing would change" in said
    said, _ = decide(client, "keep", paid)
    assert "2 services go on without an end" in said
    assert set(Assignment.objects.values_list("state", flat=True)) == {"active"}
    [trial] = buy(our_scope, "maintenance", now=timezone.now())
    said, _ = decide(client, "pay", [trial, *paid])
    assert "1 service goes on after" in said
    assert "2 services stay as they are: this does not concern them." in said
    trial.refresh_from_db()
    assert trial.converts
    said, _ = decide(client, "cancel_now", [trial])
    assert "This cannot be taken back" in said
    trial.refresh_from_db()
    assert trial.state == "ended"


def test_a_common_end_names_what_cannot_end_then(our_scope: House, alice: User, signed_in: SignIn) -> None:
    """PR-06"""
    client, today = signed_in(alice), timezone.now().date()
    paid = list(Assignment.objects.filter(vehicle=our_scope.vehicle))
    said, status = decide(client, "end", paid, day=(today + timedelta(days=3)).isoformat())
    assert ("2 services cannot end so early" in said, status) == (True, 409)
    said, status = decide(client, "end", paid, day=(today + timedelta(days=90)).isoformat())
    assert ("2 services end after" in said, status) == (True, 302)
    said, _ = decide(client, "end", paid, day="2020-01-01")
    assert "This day is over" in said


def test_many_services_are_looked_at_without_naming_them_in_an_address(
    our_scope: House, alice: User, signed_in: SignIn
) -> None:
    """PR-06: thousands of ids are longer than any address may be."""
    client, day = signed_in(alice), (timezone.now().date() + timedelta(days=90)).isoformat()
    paid = [str(line.pk) for line in Assignment.objects.filter(vehicle=our_scope.vehicle)]
    page = client.get("/contracts/services/", {"act": "end", "line": paid}).content.decode()
    assert '<form method="post" class="c-day">' in page
    looked = client.post("/contracts/services/", {"act": "end", "look": "1", "day": day, "line": paid * 2000})
    assert (looked.status_code, "2 services end after" in looked.content.decode()) == (200, True)
    assert set(Assignment.objects.values_list("state", flat=True)) == {"active"}, "nothing was done yet"


def test_nobody_cancels_by_sending_the_list_as_it_is(our_scope: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    line = Assignment.objects.filter(vehicle=our_scope.vehicle).first()
    assert line is not None
    page = client.get("/contracts/").content.decode()
    assert re.search(r'<select id="act" name="act" required><option value="">', page)
    answer = client.get("/contracts/services/", {"act": "", "line": str(line.pk), "q": "EL"}, follow=True)
    assert answer.redirect_chain == [("/contracts/?q=EL&product=&state=running", 302)]
    assert "Choose what to do with the marked services." in answer.content.decode()


def test_the_list_of_contracts_names_their_services(our_scope: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    buy(our_scope, "maintenance", now=timezone.now())
    page = words(client, "/contracts/list/")
    assert "Vehicle supervision, Remote access" in page
    assert "Maintenance" in page
    Assignment.objects.filter(product="remote-access").update(ended_at=timezone.now(), state="ended")
    page = words(client, "/contracts/list/")
    assert "Remote access" not in page, "it runs by this contract no more"
    Assignment.objects.filter(ended_at=None).update(ended_at=timezone.now(), state="ended")
    Contract.objects.update(state="ended", ended_at=timezone.now())
    assert "Vehicle supervision, Remote access" in words(client, "/contracts/list/"), "it had them when it ended"


def test_all_of_a_contract_or_of_a_filter_are_decided_at_once(our_scope: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    [trial] = buy(our_scope, "maintenance", now=timezone.now())
    assert "1 trial ends right now" in words(
        client, f"/contracts/services/?act=cancel_now&contract={trial.contract_id}"
    )
    assert "2 services run on" in words(client, "/contracts/services/?act=cancel&all=1&state=active")
    assert "No service is marked" in words(client, "/contracts/services/?act=cancel")


def test_strangers_see_nothing_and_fleet_managers_change_nothing(
    our_scope: House, bob: User, charlie: User, signed_in: SignIn
) -> None:
    line = Assignment.objects.filter(vehicle=our_scope.vehicle).first()
    assert line is not None
    manager = signed_in(bob)
    assert manager.get("/contracts/").status_code == 200
    assert shown(manager, "/contracts/") == []
    assert manager.get(f"/contracts/services/?act=cancel&line={line.pk}").status_code == 403
    stranger = signed_in(charlie)
    assert "No service is marked" in words(stranger, f"/contracts/services/?act=cancel&line={line.pk}")
    assert stranger.post("/contracts/services/", {"act": "cancel", "line": [line.pk]}).status_code == 404
    assert stranger.get(f"/contracts/services/?act=cancel&contract={line.contract_id}").status_code == 404
    assert stranger.get(f"/contracts/{line.contract_id}/waiting/").status_code == 404
    with company_scope(our_scope.scope):
        line.refresh_from_db()
    assert line.state == "active"


def test_what_waits_for_a_vans_check_is_withdrawn_and_its_contract_ends(
    our_scope: House, alice: User, signed_in: SignIn
) -> None:
    set_verified(our_scope.company, Verification.UNVERIFIED)
    van = vehicles.add_vehicle(actor=SYSTEM, company=our_scope.company, vin="WK0PAGE0000000001")
    set_verified(our_scope.company, Verification.VERIFIED)
    actor = actor_of(alice)
    order = actions.accept_terms(actor=actor, order=place(our_scope, van, actor=actor))
    contract = actions.complete_order(actor=actor, order=order).contract
    assert contract is not None
    client = signed_in(alice)
    assert "1 service waits for a dealer" in words(client, f"/contracts/{contract.pk}/")
    assert "Maintenance" in words(client, f"/contracts/{contract.pk}/waiting/")
    assert client.post(f"/contracts/{contract.pk}/waiting/").status_code == 302
    assert Contract.objects.get(pk=contract.pk).state == "ended"
    assert not OrderItem.objects.filter(withdrawn_at=None).exists()
    assert "Nothing of this contract waits" in words(client, f"/contracts/{contract.pk}/waiting/")


def test_two_hundred_vans_take_as_many_queries_as_few(our_scope: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    buy(our_scope, "maintenance", now=timezone.now())
    contract = Contract.objects.exclude(orders=None).get()
    pages = ["/contracts/", "/contracts/list/", f"/contracts/{contract.pk}/"]
    counts = []
    for number in (2, 60):
        for extra in range(number):
            vin = f"WK0MANY0{number:03}{extra:06}"
            van = vehicles.add_vehicle(actor=SYSTEM, company=our_scope.company, vin=vin)
            Assignment.objects.create(company=our_scope.company, contract=contract, vehicle=van, product="maintenance")
        found = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as asked:
                client.get(page)
            found.append(len(asked))
        counts.append(found)
    assert counts[0] == counts[1]
