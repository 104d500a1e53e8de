"""What must be true of a simulated van at every moment, whatever it does."""

from itertools import pairwise

import pytest

from kolonne.simulator.roads.geometry import distance_m
from kolonne.simulator.roads.network import RoadNetwork
from kolonne.simulator.tests.vans import DIESEL, ELECTRIC, NOW_MS, a_van, live
from kolonne.simulator.van.behaviour import BEHAVIOURS
from kolonne.simulator.van.drive import CREEP
from kolonne.simulator.van.state import VanModel
from kolonne.wire.signals import Value, catalogue

WITH_A_PLUG = {"charging", "waiting", "refused"}
LIVES = [(behaviour, ELECTRIC) for behaviour in BEHAVIOURS] + [(b, DIESEL) for b in BEHAVIOURS if b not in WITH_A_PLUG]


@pytest.mark.parametrize(("behaviour", "model"), LIVES, ids=lambda value: getattr(value, "drive", value))
def test_every_reading_fits_the_catalogue(network: RoadNetwork, behaviour: str, model: VanModel) -> None:
    van = a_van(network, behaviour, model=model)
    for _ in range(900):
        live(van, 1)
        for name, value in (van.reading() or {}).items():
            assert catalogue()[name].complaint(value) is None, (name, value)


def test_a_tour_moves_without_jumps_within_limits_and_with_a_calm_foot(network: RoadNetwork) -> None:
    van = a_van(network, "tour", level=90)
    moving = 0
    for _ in range(3600):
        point, speed, odometer = van.state.point, van.state.speed, van.state.odometer
        live(van, 1)
        state = van.state
        moving += state.moving
        assert distance_m(point, state.point) <= max(speed, state.speed) + 1.5
        assert state.odometer >= odometer
        assert distance_m(point, state.point) <= state.odometer - odometer + 0.01
        assert state.speed - speed <= 1.3
        assert speed - state.speed <= 4.5
        if state.moving and van._leg:
            road = van._leg.route.place(van._leg.at_m).road
            assert road is None or state.speed <= max(road.speed_kmh / 3.6, CREEP) + 1e-6
    assert moving > 1800


def test_charge_falls_on_the_road_and_rises_only_while_charging(network: RoadNetwork) -> None:
    van = a_van(network, "tour", level=23)
    charged = drove = False
    for _ in range(30_000):
        level, was_charging = van.state.level, van.state.charging
        live(van, 1)
        if van.state.level > level:
            assert van.state.charging or was_charging
            assert van.state.plugged
            charged = True
        drove = drove or van.state.moving
        assert not (van.state.moving and van.state.plugged)
    assert drove
    assert charged


def test_charging_power_falls_near_the_end_and_stops_at_the_limit(network: RoadNetwork) -> None:
    van = a_van(network, "charging", level=80, charge_limit=90)
    first = van.tell(("charge_power", "charging"))
    live(van, 1)
    assert van.tell(("charging", "plugged", "charge_state")) == {
        "charging": True,
        "plugged": True,
        "charge_state": "CHARGING",
    }
    left = van.tell(("charge_time_left",))["charge_time_left"]
    live(van, 1800)
    assert van.state.power_kw < 11 or first == {}
    while van.state.charging:
        live(van, 60)
    assert van.state.level == pytest.approx(90, abs=0.1)
    assert van.state.charge_state == "COMPLETE"
    assert van.now_ms - NOW_MS == pytest.approx(float(left) * 1000, rel=0.05)  # type: ignore[arg-type]


def test_a_diesel_burns_fuel_and_fills_up(network: RoadNetwork) -> None:
    van = a_van(network, "tour", model=DIESEL, level=14.3)
    levels = []
    for _ in range(3000):
        live(van, 1)
        levels.append(van.state.level)
    assert min(levels) < 14
    assert max(levels) > 90
    told = van.tell(("fuel_level", "adblue_level", "engine_hours", "soc"))
    assert set(told) == {"fuel_level", "adblue_level", "engine_hours"}


def test_doors_open_only_at_a_standstill_and_never_while_locked(network: RoadNetwork) -> None:
    van = a_van(network, "tour", level=95)
    opened: set[str] = set()
    locked = False
    for _ in range(3600):
        live(van, 1)
        if van.state.moving:
            assert not van.state.open_doors
        if van.state.locked:
            assert not van.state.open_doors
            locked = True
        opened |= van.state.open_doors
    assert {"door_front_driver", "door_rear_passenger"} <= opened
    assert locked


def test_a_leaking_tyre_warns_in_time(network: RoadNetwork) -> None:
    van = a_van(network, "parked", leaking="rear_left", tyre_kpa=310)
    assert van.tell(("tyre_low_rear_left",)) == {"tyre_low_rear_left": False}
    live(van, 3600)
    assert van.tell(("tyre_low_rear_left", "tyre_low_rear_right")) == {
        "tyre_low_rear_left": True,
        "tyre_low_rear_right": False,
    }


def test_a_forgotten_rear_door_is_open_for_many_minutes_and_then_closed(network: RoadNetwork) -> None:
    van = a_van(network, "rear_door")
    live(van, 900)
    assert van.state.open_doors == {"tailgate"}
    live(van, 1200)
    assert van.state.open_doors == {"tailgate"}
    live(van, 1500)
    assert "tailgate" not in van.state.open_doors or van.state.trip > 0


def test_a_van_in_a_dead_spot_comes_back(network: RoadNetwork) -> None:
    van = a_van(network, "dead_spot", level=95)
    reachable = []
    for _ in range(2400):
        live(van, 1)
        reachable.append(van.is_reachable)
    changes = sum(a != b for a, b in pairwise(reachable))
    assert changes >= 4
    assert 60 < reachable.count(False) < 1200


def test_a_silent_van_says_nothing_after_its_first_minutes(network: RoadNetwork) -> None:
    van = a_van(network, "silent")
    assert van.reading() is not None
    live(van, 200)
    assert van.reading() is None


def test_the_same_seed_lives_the_same_life(network: RoadNetwork) -> None:
    def diary(seed: int) -> list[dict[str, Value] | None]:
        van = a_van(network, "tour", seed=seed)
        entries = []
        for _ in range(600):
            live(van, 1)
            entries.append(van.reading())
        return entries

    assert diary(4) == diary(4)
    assert diary(4) != diary(5)


def test_a_parked_van_says_everything_twice_a_minute_and_a_moving_one_each_second(network: RoadNetwork) -> None:
    van = a_van(network, "parked")
    readings = []
    for _ in range(120):
        live(van, 1)
        readings.append(van.reading())
    told = [reading for reading in readings if reading]
    assert len(told) == 4
    assert all(len(reading) > 60 for reading in told)
    van = a_van(network, "tour")
    for _ in range(120):
        live(van, 1)
        reading = van.reading()
        if van.state.moving:
            assert reading is not None
            assert {"lat", "lon", "speed", "heading"} <= set(reading)


def test_a_door_is_told_at_once(network: RoadNetwork) -> None:
    van = a_van(network, "parked")
    live(van, 1)
    van.reading()
    live(van, 1)
    van.state.open_doors.add("tailgate")
    reading = van.reading()
    assert reading is not None
    assert reading["tailgate"] is True
    assert len(reading) < 6


def test_a_computer_that_slept_does_not_simulate_the_night(network: RoadNetwork) -> None:
    van = a_van(network, "tour")
    van.advance(NOW_MS + 30 * 86_400_000)
    assert van.now_ms == NOW_MS + 30 * 86_400_000
    van.advance(NOW_MS)
    assert van.now_ms == NOW_MS + 30 * 86_400_000
