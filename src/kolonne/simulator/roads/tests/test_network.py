"""What holds for every road network, invented, real or generated."""

import math
import os
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolonne.simulator.errors import RoadsError
from kolonne.simulator.roads import osm, town
from kolonne.simulator.roads.build import Way, build
from kolonne.simulator.roads.geometry import distance_m, heading_degrees, length_m, moved, simplified, turn_degrees
from kolonne.simulator.roads.network import Road, RoadNetwork

SHARED = Path(__file__).parents[6] / "shared" / "data" / "osm"
EXTRACTS = ["oslo-east-filtered", "herrenberg-minimal", "boeblingen-minimal"]
ORIGIN = (59.9, 10.7)


def extract(name: str) -> RoadNetwork:
    path = Path(os.environ.get("OSM_EXTRACTS", SHARED)) / f"{name}.osm.pbf"
    if not path.exists():
        pytest.skip(f"{path.name} is not on this machine: set OSM_EXTRACTS to a folder that holds it")
    return build(osm.read(path), osm.ATTRIBUTION)


def invented() -> RoadNetwork:
    return build(town.ways(), town.ATTRIBUTION)


def assert_sound(network: RoadNetwork) -> None:
    for edge in network.edges:
        assert edge.points[0] == network.nodes[edge.start]
        assert edge.points[-1] == network.nodes[edge.end]
        assert edge.length_m == pytest.approx(length_m(edge.points))
        assert edge.length_m > 0
        assert 5 <= network.roads[edge.road].speed_kmh <= 130
    chance = random.Random(3)
    for _ in range(20):
        start, goal = chance.choice(network.quiet_nodes), chance.choice(network.quiet_nodes)
        route = network.route(start, goal)
        assert route.points[0] == network.nodes[start]
        assert route.points[-1] == network.nodes[goal]


def test_the_invented_town_is_sound_and_has_all_that_a_demonstration_needs() -> None:
    network = invented()
    assert_sound(network)
    assert {road.kind for road in network.roads} == {
        "motorway",
        "primary",
        "secondary",
        "tertiary",
        "residential",
        "service",
    }
    assert any(road.tunnel for road in network.roads)
    assert len(network.nodes) > 400
    assert len({road.name for road in network.roads}) > 60


def test_the_same_seed_makes_the_same_town() -> None:
    assert town.ways(5) == town.ways(5)
    assert town.ways(5) != town.ways(6)


@pytest.mark.parametrize("name", EXTRACTS)
def test_a_real_town_is_sound(name: str) -> None:
    network = extract(name)
    assert_sound(network)
    assert len(network.nodes) > 100


def test_oslo_has_named_roads_limits_and_tunnels() -> None:
    network = extract("oslo-east-filtered")
    assert {"Trondheimsveien", "Økernveien"} <= {road.name for road in network.roads}
    assert {30, 50, 60, 70} <= {road.speed_kmh for road in network.roads}
    assert any(road.tunnel and road.kind == "motorway" for road in network.roads)
    west, south, east, north = network.bounds
    assert west < 10.75 < east
    assert south < 59.9 < north


def test_a_route_is_one_line_without_jumps_and_no_slower_than_needed() -> None:
    network = invented()
    route = network.route(network.quiet_nodes[0], network.quiet_nodes[-1])
    places = [route.place(metre).point for metre in range(int(route.length_m))]
    assert all(distance_m(a, b) < 1.01 for a, b in pairwise(places))
    assert route.length_m >= distance_m(route.points[0], route.points[-1]) * 0.999


def test_speed_keeps_the_limit_and_can_always_be_braked_to_what_comes() -> None:
    network = invented()
    route = network.route(network.quiet_nodes[10], network.quiet_nodes[-10])
    speeds = [route.speed_ms(metre) for metre in range(int(route.length_m))]
    for metre, speed in enumerate(speeds):
        road = route.place(metre).road
        assert road is not None
        assert speed <= road.speed_kmh / 3.6 + 1e-9
    for now, then in pairwise(speeds):
        assert now**2 - then**2 <= 2 * 1.4 + 1e-6
    assert route.speed_ms(route.length_m) == 0


coordinates = st.tuples(st.integers(0, 8), st.integers(0, 8))
drawings = st.lists(
    st.tuples(st.lists(coordinates, min_size=2, max_size=6), st.booleans()),
    min_size=1,
    max_size=15,
)


def drawn(drawing: list[tuple[list[tuple[int, int]], bool]]) -> list[Way]:
    road = Road("", "residential", 30)
    return [
        Way([x * 10 + y for x, y in spots], [moved(ORIGIN, y * 50.0, x * 50.0) for x, y in spots], road, one_way)
        for spots, one_way in drawing
    ]


@given(drawings)
@settings(max_examples=150, deadline=None)
def test_whatever_is_drawn_every_junction_reaches_every_other(
    drawing: list[tuple[list[tuple[int, int]], bool]],
) -> None:
    try:
        network = build(drawn(drawing), "")
    except RoadsError:
        return
    for edge in network.edges:
        assert edge.points[0] == network.nodes[edge.start]
        assert edge.points[-1] == network.nodes[edge.end]
    for start in range(len(network.nodes)):
        for goal in range(0, len(network.nodes), 3):
            route = network.route(start, goal)
            assert route.points[-1] == network.nodes[goal]


@given(drawings, coordinates, coordinates)
@settings(max_examples=60, deadline=None)
def test_the_path_found_is_as_fast_as_any(
    drawing: list[tuple[list[tuple[int, int]], bool]], a: tuple[int, int], b: tuple[int, int]
) -> None:
    try:
        network = build(drawn(drawing), "")
    except RoadsError:
        return
    start, goal = a[0] % len(network.nodes), b[0] % len(network.nodes)
    assert network.route(start, goal).length_m == pytest.approx(_dijkstra(network, start)[goal], abs=1e-6)


def _dijkstra(network: RoadNetwork, start: int) -> dict[int, float]:
    """Plain relaxation until nothing changes."""
    best = {start: 0.0}
    changed = True
    while changed:
        changed = False
        for edge in network.edges:
            length = best.get(edge.start, math.inf) + edge.length_m
            if length < best.get(edge.end, math.inf) - 1e-9:
                best[edge.end], changed = length, True
    return best


@given(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
@settings(max_examples=50, deadline=None)
def test_the_nearest_junction_is_the_nearest(north: float, east: float) -> None:
    network = _TOWN
    point = town.CENTRE[0] + north, town.CENTRE[1] + 2 * east
    found = network.nearest_node(point)
    nearest = min(distance_m(node, point) for node in network.nodes)
    assert distance_m(network.nodes[found], point) == pytest.approx(nearest)


_TOWN = invented()


@pytest.mark.parametrize(("north", "east", "heading"), [(1, 0, 0), (0, 1, 90), (-1, 0, 180), (0, -1, 270), (1, 1, 45)])
def test_headings_are_degrees_from_north(north: float, east: float, heading: float) -> None:
    assert heading_degrees(ORIGIN, moved(ORIGIN, north * 100, east * 100)) == pytest.approx(heading, abs=0.1)


def test_turns_are_measured_the_short_way_round() -> None:
    assert turn_degrees(350, 10) == pytest.approx(20)
    assert turn_degrees(10, 350) == pytest.approx(20)


def test_simplifying_keeps_the_ends_and_stays_within_the_tolerance() -> None:
    line = [moved(ORIGIN, 20 * math.sin(i / 7), i * 10.0) for i in range(100)]
    short = simplified(line, 2)
    assert (short[0], short[-1]) == (line[0], line[-1])
    assert len(short) < 60
    for point in line:
        assert min(_off(point, a, b) for a, b in pairwise(short)) < 2.2


def _off(point: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    return min(distance_m(point, (a[0] + (b[0] - a[0]) * k / 50, a[1] + (b[1] - a[1]) * k / 50)) for k in range(51))


def test_roads_that_do_not_connect_are_refused_with_a_remedy() -> None:
    with pytest.raises(RoadsError, match=r"\.osm\.pbf"):
        build([], "")
    with pytest.raises(RoadsError, match="larger extract"):
        build([Way([1, 2], [ORIGIN, moved(ORIGIN, 9, 9)], Road("", "service", 10), one_way=True)], "")
