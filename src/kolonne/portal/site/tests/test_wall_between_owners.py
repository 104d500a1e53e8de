"""VH-05, VH-09: one van, two companies. The first sees its past exactly as long as another of its vans has the service;
the second sees nothing from before its own time, wherever it looks."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from kolonne.bench import world
from kolonne.config import Config
from kolonne.portal.commerce import actions as commerce
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.telemetry.departure import points_of
from kolonne.portal.telemetry.queries import history, last_cells, recent_track, snapshot_json, transitions
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.departure import vans_of
from kolonne.portal.vehicles.models import Vehicle

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
ROW = "INSERT INTO telemetry.sample (ts, received, company_id, vehicle_id, seq, flags, lat, lon, speed) VALUES "
SPEED = 43.2


@pytest.fixture
def driven(platform: Config, theirs: House) -> Iterator[datetime]:
    """The van drove in the first company's time; answers with when."""
    cache.clear()
    at = datetime.now(UTC) - timedelta(hours=1)
    with company_scope(theirs.scope):
        Vehicle.objects.filter(pk=theirs.vehicle.pk).update(added_at=at - timedelta(days=30))
        theirs.vehicle.refresh_from_db()
    with world.admin(platform) as database:
        values = [at, at, theirs.company.pk, theirs.vehicle.pk, SPEED]
        database.execute(ROW + "(%s, %s, %s, %s, 1, 0, 59.9, 10.7, %s)", values)
        yield at
        database.execute("DELETE FROM telemetry.sample WHERE vehicle_id = %s", [theirs.vehicle.pk])


@pytest.fixture
def sold(driven: datetime, alice: User, charlie: User, ours: House, theirs: House) -> Vehicle:
    """The van in the second company."""
    _, code = actions.offer_van(actor=actor_of(charlie), vehicle=theirs.vehicle)
    van = actions.take_over(actor=actor_of(alice), company=ours.company, code=code)
    with company_scope(ours.scope):
        for product in ("vehicle-supervision", "remote-access"):
            commerce.assign_product(actor=SYSTEM, vehicle=van, product=product)
    return van


def old_row(theirs: House) -> Vehicle:
    with company_scope(theirs.scope):
        return Vehicle.ever.get(pk=theirs.vehicle.pk)


def speeds(van: Vehicle) -> list[Any]:
    return [point.signals.get("speed") for point in history(van).points]


def another_van(theirs: House) -> Vehicle:
    van = actions.add_vehicle(actor=SYSTEM, company=theirs.company, vin="WK0ANEW0000000001")
    with company_scope(theirs.scope):
        commerce.assign_product(actor=SYSTEM, vehicle=van, product="vehicle-supervision")
    return van


def test_the_buyer_sees_nothing_from_before_his_time(
    sold: Vehicle, driven: datetime, alice: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    assert speeds(sold) == []
    assert recent_track(sold, hours=24 * 365) == []
    assert transitions(sold) == []
    with company_scope(ours.scope):
        assert last_cells([sold]) == {}
        assert list(points_of(sold)) == []
        rows = [row for row in vans_of(ours.company) if row["vin"] == sold.vin]
    assert [(row["id"], row["plate"], row["driver"]) for row in rows] == [(sold.pk, "", "")]
    client = signed_in(alice)
    api = client.get(f"/api/v1/vehicles/{sold.vin}/history?from=2020-01-01T00:00:00Z")
    assert api.json()["points"] == []
    live = next(van for van in json.loads(snapshot_json(ours.scope))["vans"] if van["id"] == sold.pk)
    assert live["signals"] == {}
    for page in (f"/vans/{sold.pk}/", "/vans/", "/vans/removed/", "/vans/changes/", "/"):
        body = client.get(page).content.decode()
        assert theirs.vehicle.plate not in body
        assert "59.9" not in body
    assert client.get(f"/vans/{theirs.vehicle.pk}/").status_code == 404, "the seller's row is not the buyer's"


def test_the_seller_sees_his_past_as_long_as_another_van_has_the_service(
    sold: Vehicle, driven: datetime, charlie: User, theirs: House, signed_in: SignIn
) -> None:
    old = old_row(theirs)
    assert speeds(old) == [], "no van has the service"
    other = another_van(theirs)
    assert speeds(old) == [pytest.approx(SPEED)]
    client = signed_in(charlie)
    assert "left your company" in client.get(f"/vans/{old.pk}/").content.decode()
    api = client.get(f"/api/v1/vehicles/{old.vin}/history?from=2020-01-01T00:00:00Z").json()
    assert [point["signals"]["speed"] for point in api["points"]] == [pytest.approx(SPEED)]
    actions.remove_vehicle(actor=actor_of(charlie), vehicle=other)
    assert speeds(old) == []
    assert client.get(f"/api/v1/vehicles/{old.vin}/history?from=2020-01-01T00:00:00Z").json()["points"] == []


def test_a_removed_van_is_nowhere_among_those_that_are_there(
    sold: Vehicle, charlie: User, theirs: House, signed_in: SignIn
) -> None:
    client = signed_in(charlie)
    assert sold.vin not in client.get("/vans/").content.decode()
    assert client.get(f"/api/v1/vehicles/{sold.vin}").json()["removed_at"]
    assert sold.vin not in client.get("/api/v1/vehicles").content.decode()
    assert [van["vin"] for van in json.loads(snapshot_json(theirs.scope))["vans"]] == []
    assert client.post(f"/vans/{theirs.vehicle.pk}/commands/", {"command": "lock"}).status_code == 404


def test_the_van_that_came_back_is_another_one(
    sold: Vehicle, driven: datetime, alice: User, charlie: User, ours: House, theirs: House
) -> None:
    """Sold and bought back: neither time is in the other's row."""
    _, code = actions.offer_van(actor=actor_of(alice), vehicle=sold)
    back = actions.take_over(actor=actor_of(charlie), company=theirs.company, code=code)
    with company_scope(theirs.scope):
        commerce.assign_product(actor=SYSTEM, vehicle=back, product="vehicle-supervision")
    assert speeds(back) == []
    assert speeds(old_row(theirs)) == [pytest.approx(SPEED)]
