"""Remote commands do what they say, or fail with the reason (CD-01, CD-02)."""

import pytest

from kolonne.simulator.roads.network import RoadNetwork
from kolonne.simulator.tests.vans import DIESEL, a_van, live
from kolonne.simulator.van import orders
from kolonne.simulator.van.simulated import SimulatedVan
from kolonne.wire.commands import KINDS, REASONS
from kolonne.wire.signals import Value


def test_every_command_of_the_catalogue_is_known(network: RoadNetwork) -> None:
    args: dict[str, dict[str, Value]] = {
        "charge_limit": {"percent": 80},
        "departure_set": {"time": "2026-12-01T06:30:00+01:00"},
        "message": {"text": "Hei"},
        "destination": {"lat": 60.35, "lon": 7.41},
    }
    assert orders.capabilities(a_van(network).model) == set(KINDS)
    assert "charge_start" not in orders.capabilities(DIESEL)
    for command, kind in KINDS.items():
        van = a_van(network, "waiting")
        assert van.order(command, args.get(command, {})) == ""
        told = van.tell(tuple(kind.confirm))
        assert told == dict(kind.confirm)
        assert set(kind.confirm) <= set(orders.confirmation(command))


def opened(network: RoadNetwork, door: str) -> SimulatedVan:
    van = a_van(network, "parked")
    van.state.open_doors.add(door)
    return van


@pytest.mark.parametrize(
    ("command", "door", "reason"),
    [
        ("lock", "tailgate", "door_open"),
        ("lock", "bonnet", "bonnet_open"),
        ("climate_start", "door_rear_passenger", "door_open"),
        ("climate_start", "bonnet", "bonnet_open"),
    ],
)
def test_an_open_door_is_an_obstacle(network: RoadNetwork, command: str, door: str, reason: str) -> None:
    van = opened(network, door)
    assert van.order(command, {}) == reason
    assert reason in REASONS
    assert van.tell(("climate_on", "locked")) == {"climate_on": False, "locked": False}


def test_charging_needs_a_plug_and_a_card(network: RoadNetwork) -> None:
    assert a_van(network, "parked").order("charge_start", {}) == "not_plugged"
    assert a_van(network, "refused").order("charge_start", {}) == "actuator"
    assert a_van(network, "parked", level=9).order("climate_start", {}) == "battery_low"


def test_charging_starts_stops_and_obeys_its_limit(network: RoadNetwork) -> None:
    van = a_van(network, "waiting", level=60)
    assert van.order("charge_start", {}) == ""
    live(van, 60)
    assert van.state.level > 60
    assert van.order("charge_stop", {}) == ""
    level = van.state.level
    live(van, 60)
    assert van.state.level <= level
    van.order("charge_start", {})
    van.order("charge_limit", {"percent": 55})
    live(van, 2)
    assert van.tell(("charge_state", "charge_limit")) == {"charge_state": "COMPLETE", "charge_limit": 55}
    van.order("charge_limit", {"percent": 95})
    assert van.state.charging


def test_the_cabin_gets_warm(network: RoadNetwork) -> None:
    van = a_van(network, "parked")
    van.order("climate_start", {"temperature": 23})
    live(van, 1200)
    assert van.state.inside == pytest.approx(23, abs=0.5)
    van.order("climate_stop", {})
    live(van, 7200)
    assert van.state.inside < 15


def test_find_blinks_for_seconds_only(network: RoadNetwork) -> None:
    van = a_van(network, "parked")
    van.order("find", {})
    assert van.tell(("hazard_lights", "horn")) == {"hazard_lights": True, "horn": True}
    live(van, orders.FIND_SECONDS + 1)
    assert van.tell(("hazard_lights", "horn")) == {"hazard_lights": False, "horn": False}


def test_a_destination_is_where_the_van_goes_next(network: RoadNetwork) -> None:
    van = a_van(network, "tour")
    goal = network.quiet_nodes[40]
    lat, lon = network.nodes[goal]
    assert van.order("destination", {"lat": lat, "lon": lon}) == ""
    for _ in range(1500):
        live(van, 1)
        if van.state.point == network.nodes[goal]:
            return
    pytest.fail("it never arrived")
