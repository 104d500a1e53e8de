"""VH-05: after removal and sale the seller sees his past as long as his services run, the buyer nothing of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from django.test import Client

from kolonne.portal.commerce import actions as commerce
from kolonne.portal.commerce.actions.profiles import write_profile
from kolonne.portal.commerce.models import ModuleProfile, Profile, ServicePeriod
from kolonne.portal.commerce.visibility import sight
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.telemetry import queries
from kolonne.portal.telemetry.departure import points_of
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.models import Module, Vehicle

pytestmark = pytest.mark.django_db
Database = psycopg.Connection[tuple[Any, ...]]
_SAMPLE = """
    INSERT INTO telemetry.sample (ts, received, company_id, vehicle_id, lat, lon, speed, seq, flags, ext)
    VALUES (%s, now(), %s, %s, 59.9, 10.7, 40, 1, 0, '{"locked": true}')
"""


@pytest.fixture
def driven(ours: House, admin: Database) -> Iterator[datetime]:
    """When our van, which has been ours for a day, was on the road and told of it."""
    at = datetime.now(UTC) - timedelta(hours=2)
    with company_scope(ours.scope):
        Vehicle.objects.filter(pk=ours.vehicle.pk).update(added_at=at - timedelta(days=1))
        ours.vehicle.refresh_from_db()
    admin.execute(_SAMPLE, [at, ours.company.pk, ours.vehicle.pk])
    yield at
    admin.execute("DELETE FROM telemetry.sample WHERE vehicle_id = %s", [ours.vehicle.pk])


def add(house: House, vin: str, *products: str) -> Vehicle:
    with company_scope(house.scope):
        van = vehicles.add_vehicle(actor=SYSTEM, company=house.company, vin=vin)
        for product in products:
            commerce.assign_product(actor=SYSTEM, vehicle=van, product=product)
    return van


def sell(house: House) -> Vehicle:
    with company_scope(house.scope):
        vehicles.remove_vehicle(actor=SYSTEM, vehicle=house.vehicle)
        return Vehicle.ever.get(pk=house.vehicle.pk)


def shown(van: Vehicle) -> list[dict[str, Any]]:
    return [point.signals for point in queries.history(van).points]


WHOLE = {"lat": 59.9, "lon": 10.7, "speed": 40.0, "locked": True}


def test_the_seller_sees_his_past_as_far_as_another_van_has_the_service(ours: House, driven: datetime) -> None:
    assert shown(ours.vehicle) == [WHOLE]
    other = add(ours, "WK0TEST0000000011", "remote-access")
    gone = sell(ours)
    assert shown(gone) == [{"locked": True}]
    assert queries.recent_track(gone) == []
    with company_scope(ours.scope):
        commerce.assign_product(actor=SYSTEM, vehicle=other, product="vehicle-supervision")
    assert shown(gone) == [WHOLE]
    assert len(queries.recent_track(gone)) == 1
    with company_scope(ours.scope):
        for product in ("vehicle-supervision", "remote-access"):
            commerce.end_product(actor=SYSTEM, vehicle=other, product=product)
    assert sight(ours.company.pk).signals == frozenset()
    assert shown(gone) == []
    assert list(points_of(gone)) == [], "what a company cannot see it cannot take along"


def test_the_buyer_sees_nothing_from_before_his_time(
    ours: House, theirs: House, driven: datetime, charlie: User, signed_in: Any
) -> None:
    gone = sell(ours)
    bought = add(theirs, gone.vin, "vehicle-supervision")
    assert shown(bought) == []
    assert queries.vehicle_state(bought).signals == {}
    client: Client = signed_in(charlie)
    assert client.get(f"/api/v1/vehicles/{gone.vin}/history").json()["points"] == []
    assert client.get(f"/vans/{gone.pk}/").status_code == 404


def test_a_removed_van_is_found_by_its_vin_and_in_the_list_of_the_removed(
    ours: House, driven: datetime, bob: User, signed_in: Any
) -> None:
    add(ours, "WK0TEST0000000011", "vehicle-supervision")
    gone = sell(ours)
    client: Client = signed_in(bob)
    assert [
        point["signals"]["speed"] for point in client.get(f"/api/v1/vehicles/{gone.vin}/history").json()["points"]
    ] == [40]
    there = client.get("/api/v1/vehicles").json()["vehicles"]
    assert [van["vin"] for van in there] == ["WK0TEST0000000011"]
    removed = client.get("/api/v1/vehicles?removed=true").json()["vehicles"]
    assert [van["vin"] for van in removed] == [gone.vin]
    assert removed[0]["removed_at"]
    snapshot = client.get("/api/v1/live/snapshot").json()["vans"]
    assert [van["vin"] for van in snapshot] == ["WK0TEST0000000011"]


def test_a_snapshot_leaves_out_what_no_service_allows_any_more(ours: House, admin: Database) -> None:
    """Only then states are taken apart."""
    assert sight(ours.company.pk).is_whole
    with company_scope(ours.scope):
        commerce.end_product(actor=SYSTEM, vehicle=ours.vehicle, product="vehicle-supervision")
    seen = sight(ours.company.pk)
    assert not seen.is_whole
    text = '{"speed":[40.0,1,1],"locked":[true,1,1]}'
    assert msgspec.json.decode(queries._shown(seen, text)) == {"locked": [True, 1, 1]}


def test_two_modules_share_what_a_van_sends_and_one_takes_over_when_the_other_is_revoked(our_scope: House) -> None:
    """VH-03: each signal is in one module's charge."""
    van = our_scope.vehicle
    wanted = Profile.objects.get(vehicle=van).signals
    tracker, _ = vehicles.enrol_module(
        actor=SYSTEM, vehicle=van, serial="TRACKER00001", rank=None, provides=["group:position"]
    )
    first, second = (ModuleProfile.objects.get(module=one) for one in (our_scope.module, tracker))
    assert (first.signals, second.signals) == (wanted, {})
    vehicles.put_in_charge(actor=SYSTEM, module=tracker)
    first, second = (ModuleProfile.objects.get(module=one) for one in (our_scope.module, tracker))
    assert {"lat", "lon"} <= second.signals.keys()
    assert not first.signals.keys() & second.signals.keys()
    assert first.signals | second.signals == wanted
    vehicles.revoke_module(actor=SYSTEM, module=Module.objects.get(pk=tracker.pk))
    assert ModuleProfile.objects.get(module=our_scope.module).signals == wanted
    assert ModuleProfile.objects.get(module=tracker).signals == {}


def test_periods_follow_each_other_without_a_gap_and_a_change_of_nothing_makes_none(our_scope: House) -> None:
    """VH-04."""
    van = our_scope.vehicle
    commerce.end_product(actor=SYSTEM, vehicle=van, product="vehicle-supervision")
    before = Profile.objects.get(vehicle=van).version
    periods = list(ServicePeriod.objects.filter(vehicle=van).order_by("version"))
    assert [one.until for one in periods[:-1]] == [one.since for one in periods[1:]]
    assert periods[-1].until is None
    ServicePeriod.objects.filter(pk=periods[0].pk).update(until=periods[0].since - timedelta(days=400))
    write_profile(van)
    assert Profile.objects.get(vehicle=van).version == before
    commerce.end_product(actor=SYSTEM, vehicle=van, product="remote-access")
    assert not ServicePeriod.objects.filter(pk=periods[0].pk).exists()
    assert Profile.objects.get(vehicle=van).signals == {}
