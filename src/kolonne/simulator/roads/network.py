"""The network that vans drive on, and a route through it."""

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import msgspec

from kolonne.simulator.roads.geometry import (
    METRES_PER_DEGREE,
    Point,
    between,
    distance_m,
    heading_degrees,
    turn_degrees,
)
from kolonne.simulator.roads.search import fastest_path

RoadClass = Literal["motorway", "primary", "secondary", "tertiary", "residential", "service"]

CELL_DEGREES = 0.005
BRAKING = 1.3
"""How hard a calm driver brakes before bends and ends, m/s^2."""


class Road(msgspec.Struct, frozen=True, array_like=True):
    """What all edges of a stretch of road share."""

    name: str
    kind: RoadClass
    speed_kmh: float
    tunnel: bool = False


class Edge(msgspec.Struct, frozen=True, array_like=True):
    """One direction of a road between two junctions."""

    start: int
    end: int
    road: int
    length_m: float
    points: list[Point]
    """From junction to junction, both included."""


class RoadNetwork(msgspec.Struct, dict=True):
    """Junctions and edges in which every junction can be reached from every other."""

    nodes: list[Point]
    edges: list[Edge]
    roads: list[Road]
    attribution: str

    @cached_property
    def leaving(self) -> list[list[int]]:
        """Numbers of the edges that leave each junction."""
        leaving: list[list[int]] = [[] for _ in self.nodes]
        for number, edge in enumerate(self.edges):
            leaving[edge.start].append(number)
        return leaving

    @cached_property
    def fastest_kmh(self) -> float:
        return max(road.speed_kmh for road in self.roads)

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        lats, lons = zip(*self.nodes, strict=True)
        return min(lons), min(lats), max(lons), max(lats)

    @cached_property
    def quiet_nodes(self) -> list[int]:
        """Junctions at which a van may halt: on streets with houses, in no tunnel and on no main road."""
        good = {"residential", "tertiary", "service"}
        quiet = {e.start for e in self.edges if self.roads[e.road].kind in good and not self.roads[e.road].tunnel}
        return sorted(quiet) or list(range(len(self.nodes)))

    def nearest_node(self, point: Point) -> int:
        row, column = _cell(point)
        for radius in range(1, 2000):
            near = [node for cell in _square(row, column, radius) for node in self._cells.get(cell, ())]
            if near:
                best = min(near, key=lambda node: distance_m(self.nodes[node], point))
                inner_m = (radius * CELL_DEGREES) * METRES_PER_DEGREE * math.cos(math.radians(point[0]))
                if distance_m(self.nodes[best], point) <= inner_m:
                    return best
        return min(range(len(self.nodes)), key=lambda node: distance_m(self.nodes[node], point))

    @cached_property
    def _cells(self) -> dict[tuple[int, int], list[int]]:
        cells: dict[tuple[int, int], list[int]] = {}
        for number, point in enumerate(self.nodes):
            cells.setdefault(_cell(point), []).append(number)
        return cells

    def route(self, start: int, goal: int) -> "Route":
        """The fastest way from one junction to another; of length 0 when they are the same."""
        return Route.along(self, fastest_path(self, start, goal), self.nodes[start])


def _cell(point: Point) -> tuple[int, int]:
    return math.floor(point[0] / CELL_DEGREES), math.floor(point[1] / CELL_DEGREES)


def _square(row: int, column: int, radius: int) -> Iterator[tuple[int, int]]:
    for r in range(row - radius, row + radius + 1):
        for c in range(column - radius, column + radius + 1):
            yield r, c


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere on a route."""

    point: Point
    heading: float
    road: Road | None


class Route:
    """A line to drive along, with the speed that is allowed and prudent at each metre of it."""

    def __init__(self, points: list[Point], roads: list[Road]) -> None:
        """`roads[i]` is the road between `points[i]` and `points[i + 1]`."""
        self.points = points
        self.roads = roads
        self.at_m = [0.0]
        for a, b in itertools.pairwise(points):
            self.at_m.append(self.at_m[-1] + distance_m(a, b))
        self.headings = [heading_degrees(a, b) for a, b in itertools.pairwise(points)]
        self._exit_ms = self._prudent_speeds()

    @classmethod
    def along(cls, network: RoadNetwork, edges: list[int], start: Point) -> "Route":
        points, roads = [start], []
        for edge in (network.edges[number] for number in edges):
            for point in edge.points[1:]:
                if point != points[-1]:
                    points.append(point)
                    roads.append(network.roads[edge.road])
        return cls(points, roads)

    @property
    def length_m(self) -> float:
        return self.at_m[-1]

    def place(self, at_m: float) -> Place:
        if not self.roads:
            return Place(self.points[0], 0.0, None)
        i = self._segment(at_m)
        share = (at_m - self.at_m[i]) / max(self.at_m[i + 1] - self.at_m[i], 1e-9)
        point = between(self.points[i], self.points[i + 1], min(1.0, max(0.0, share)))
        return Place(point, self.headings[i], self.roads[i])

    def speed_ms(self, at_m: float) -> float:
        """The most a careful driver drives here: within the limit, and able to brake for what comes. m/s."""
        if not self.roads or at_m >= self.length_m:
            return 0.0
        i = self._segment(at_m)
        braking = math.sqrt(self._exit_ms[i + 1] ** 2 + 2 * BRAKING * max(0.0, self.at_m[i + 1] - at_m))
        return min(self.roads[i].speed_kmh / 3.6, braking)

    def _segment(self, at_m: float) -> int:
        return min(max(bisect_right(self.at_m, at_m) - 1, 0), len(self.roads) - 1)

    def _prudent_speeds(self) -> list[float]:
        """Highest speed at each point in m/s: bends and the end first, then backwards what braking allows."""
        speeds = [0.0] * len(self.points)
        for i in range(len(self.points) - 2, -1, -1):
            allowed = self.roads[i].speed_kmh / 3.6
            if i > 0:
                bend = turn_degrees(self.headings[i - 1], self.headings[i])
                allowed = min(allowed, self.roads[i - 1].speed_kmh / 3.6, _bend_speed_ms(bend))
            length = self.at_m[i + 1] - self.at_m[i]
            speeds[i] = min(allowed, math.sqrt(speeds[i + 1] ** 2 + 2 * BRAKING * length))
        return speeds


def _bend_speed_ms(turn: float) -> float:
    """How fast a van takes a bend: 4 m/s round a right angle, without limit where the road hardly turns."""
    return math.inf if turn < 12 else max(2.5, 360.0 / turn)
