"""PR-01, PR-03, SU-03: the pages of products and terms."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kolonne.portal.commerce import actions, catalogue, texts
from kolonne.portal.commerce.actions.terms import accept
from kolonne.portal.commerce.catalogue_things import Catalogue
from kolonne.portal.commerce.models import Assignment, ContractState, TermsAcceptance
from kolonne.portal.commerce.overview import overview
from kolonne.portal.commerce.terms import library
from kolonne.portal.commerce.terms.queries import missing_for
from kolonne.portal.commerce.tests.test_orders import place
from kolonne.portal.commerce.tests.test_terms import put
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def words(client: Client, address: str) -> str:
    """What a page says, without its tags."""
    response = client.get(address)
    assert response.status_code == 200, address
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def on_trial(house: House, product: str, days: int) -> None:
    until = timezone.now() + timedelta(days=days)
    lines = Assignment.objects.filter(vehicle=house.vehicle, product=product)
    assert lines.update(state=ContractState.TRIAL, trial_until=until) == 1


def test_products_show_price_trial_and_what_runs(ours: House, alice: User, signed_in: SignIn) -> None:
    with company_scope(ours.scope):
        on_trial(ours, "remote-access", 41)
    page = words(signed_in(alice), "/products/")
    assert "Vehicle supervision" in page
    assert "NOK\xa079.00" in page or "NOK79.00" in page or "NOK 79.00" in page
    assert "12 months free of charge · 1 month of notice" in page
    assert "3 months free of charge · 3 months of notice" in page
    assert "Runs on 1 van, 1 of them on trial" in page
    assert re.search(r"Trial until \d+ \w+ 20\d\d: 4[01] days left", page)
    assert "Lock, unlock and find; whether a door is open." in page
    assert "unlock" in page
    assert "You see it here: Page of a van" in page


def test_prices_are_written_as_the_reader_writes_numbers(ours: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    client.post("/language/", {"language": "nb", "next": "/products/"})
    page = words(client, "/products/")
    assert "Kjøretøyovervåking" in page
    assert re.search(r"79,00\s*kr", page)


def test_what_does_not_fit_or_is_not_offered_is_explained(ours: House, alice: User, signed_in: SignIn) -> None:
    """PR-02: before the purchase, by name."""
    client = signed_in(alice)
    page = words(client, "/products/")
    assert "Fits none of your vans. It is made for another drive: Diesel, Petrol." in page
    assert "Fits none of your vans. The van lacks: Tyre pressure sensors." in page
    assert "Not offered in Norway" in page
    source = client.get("/products/").content.decode()
    assert "?products=logbook" in source
    assert "?products=tyre-watch" not in source
    assert "?products=van-to-grid" not in source
    assert "?products=remote-access" not in source


def test_a_package_names_what_it_saves(ours: House) -> None:
    with company_scope(ours.scope):
        (first, *_others) = overview(ours.company).bundles
    assert [one.code for one in first.products] == ["vehicle-supervision", "charging-and-climate", "remote-access"]
    assert Decimal("187.00") - Decimal("149.00") == Decimal("38.00")
    assert (first.singly[-6:], first.saved[-5:]) == ("187.00", "38.00")


def test_order_leads_to_the_order_page_with_it_chosen(ours: House, alice: User, signed_in: SignIn) -> None:
    source = signed_in(alice).get("/orders/new/?products=logbook&packages=electric-start").content.decode()
    assert set(re.findall(r'value="([a-z-]+)" checked', source)) == {"logbook", "electric-start"}


def test_a_fleet_manager_reads_and_a_driver_does_not(ours: House, bob: User, dora: User, signed_in: SignIn) -> None:
    manager = signed_in(bob)
    assert "Vehicle supervision" in words(manager, "/products/")
    assert "/orders/new/" not in manager.get("/products/").content.decode()
    assert signed_in(dora).get("/products/").status_code == 403


def test_a_company_without_vans_is_led_to_the_first(ours: House, alice: User, signed_in: SignIn) -> None:
    with company_scope(ours.scope):
        vehicles.remove_vehicle(actor=SYSTEM, vehicle=ours.vehicle)
    client = signed_in(alice)
    assert "to order, add a van first" in words(client, "/products/")
    assert "/orders/new/" not in client.get("/products/").content.decode()


def test_what_an_operator_took_out_goes_on_readably(
    ours: House, alice: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Catalogue({}, {}, {}, {})
    monkeypatch.setattr(catalogue, "catalogue", lambda: nothing)
    monkeypatch.setattr(texts, "catalogue", lambda: nothing)
    page = words(signed_in(alice), "/products/")
    assert "Nothing is offered in Norway yet" in page
    assert "Remote access" in page
    assert "It goes on, as agreed, on 1 van." in page


def test_the_page_asks_as_often_for_many_vans_as_for_one(ours: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    client.get("/products/")

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get("/products/")
        return len(found)

    before = asked()
    with company_scope(ours.scope):
        for number in range(5):
            data = vehicles.VehicleData(plate=f"EL {number}", make="Kolonne", model=f"E-van {number}")
            van = vehicles.add_vehicle(actor=SYSTEM, company=ours.company, vin=f"WK0TEST00000001{number:02}", data=data)
            actions.assign_product(actor=SYSTEM, vehicle=van, product="maintenance")
    assert asked() == before


def test_terms_are_read_in_any_version_by_everybody(ours: House, dora: User, signed_in: SignIn) -> None:
    client = signed_in(dora)
    page = words(client, "/terms/")
    assert "General terms" in page
    assert "Terms for remote access" in page
    assert "What your company accepted" not in page
    text = words(client, "/terms/general/")
    assert "Norwegian law applies." in text
    assert "Fingerprint of this text (SHA-256):" in text
    unknown = "/terms/general/?text=" + "0" * 64
    for address in ("/terms/nothing/", "/terms/general/?version=1999-01", unknown, unknown.replace("=", "=%00")):
        assert client.get(address).status_code == 404


def test_those_of_an_order_are_accepted_on_their_page(ours: House, alice: User, signed_in: SignIn) -> None:
    """PR-03: only those of the wanted products; the acceptance names the order."""
    with company_scope(ours.scope):
        order = place(ours)
    client = signed_in(alice)
    page = words(client, "/terms/")
    assert f"Order {order.pk} needs them." in page
    assert "Accept those of your order" in page
    assert "your dealer can help you with an order to its end" in page
    with company_scope(ours.scope):
        (general,) = missing_for(ours.company, ["maintenance"], "en")
    refused = client.post("/terms/", {"text": general.sha256})
    assert (refused.status_code, "Tick the box first" in refused.content.decode()) == (409, True)
    done = client.post("/terms/", {"text": general.sha256, "read": "needed"})
    assert done.headers["Location"] == f"/orders/{order.pk}/"
    with company_scope(ours.scope):
        row = TermsAcceptance.objects.get()
    assert (row.order_id, row.accepted_by, row.text_id) == (order.pk, "Alice Test", general.sha256)
    page = words(client, "/terms/")
    assert "Nothing has to be accepted now" in page
    assert "Version 2025-01" in page
    assert "Alice Test" in page


def test_accept_all_is_offered_before_anything_is_ordered(ours: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    source = client.get("/terms/").content.decode()
    hashes = re.findall(r'name="text" value="([0-9a-f]{64})"', source)
    assert len(hashes) == 6
    client.post("/terms/", {"text": hashes, "read": "all"})
    with company_scope(ours.scope):
        assert TermsAcceptance.objects.count() == 6
    assert "Accept all" not in words(client, "/terms/")


def test_what_is_not_published_any_more_is_not_accepted(ours: House, alice: User, signed_in: SignIn) -> None:
    answer = signed_in(alice).post("/terms/", {"text": "0" * 64, "read": "all"})
    assert (answer.status_code, "terms have changed" in answer.content.decode()) == (409, True)


def test_who_may_not_buy_accepts_nothing(ours: House, bob: User, signed_in: SignIn) -> None:
    client = signed_in(bob)
    source = client.get("/terms/").content.decode()
    assert "What your company accepted" in source
    assert 'name="read"' not in source
    assert client.post("/terms/", {"text": "0" * 64, "read": "all"}).status_code == 403


def test_an_accepted_text_stays_readable_when_its_file_is_gone(
    ours: House, theirs: House, alice: User, charlie: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the company that accepted it, and by nobody else."""
    old = library()
    with company_scope(ours.scope):
        documents = missing_for(ours.company, ["remote-access"], "en")
        accept(actor=actor_of(alice), company=ours.company, documents=documents)
    kept = tuple(one for one in old.documents if one.code != "remote-access")
    monkeypatch.setattr("kolonne.portal.commerce.terms.files.library", lambda: replace(old, documents=kept))
    monkeypatch.setattr("kolonne.portal.commerce.terms.pages.library", lambda: replace(old, documents=kept))
    address = f"/terms/remote-access/?text={documents[1].sha256}"
    assert "Unlocking needs the PIN" in words(signed_in(alice), address)
    assert signed_in(charlie).get(address).status_code == 404


def test_new_terms_are_said_on_the_products_page(
    ours: House, alice: User, signed_in: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    put(tmp_path, "all/en/general.2026-01.md")
    monkeypatch.setenv("KOLONNE_TERMS", str(tmp_path))
    library.cache_clear()
    client = signed_in(alice)
    with company_scope(ours.scope):
        accept(actor=actor_of(alice), company=ours.company, documents=missing_for(ours.company, [], "en"))
    assert "New terms" not in words(client, "/products/")
    put(tmp_path, "all/en/general.2099-01.md", day="2099-01-01", title="Later")
    library.cache_clear()
    assert "New terms 1 document has a new version from 1 January 2099 on." in words(client, "/products/")
    assert "Later" in words(client, "/terms/general/?version=2099-01")
    monkeypatch.undo()
    library.cache_clear()
