"""Makes a network of ways: cut at junctions, both directions, only the part in which every place is reachable."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kolonne.simulator.errors import RoadsError
from kolonne.simulator.roads.geometry import Point, length_m
from kolonne.simulator.roads.network import Edge, Road, RoadNetwork


@dataclass(frozen=True, slots=True)
class Way:
    """A road as it is drawn: points with the ids by which crossing ways share them."""

    ids: Sequence[int]
    points: Sequence[Point]
    road: Road
    one_way: bool = False


def build(ways: Sequence[Way], attribution: str) -> RoadNetwork:
    """Raises RoadsError when nothing drivable is connected."""
    uses = Counter(node for way in ways for node in way.ids)
    numbers: dict[int, int] = {}
    places: list[Point] = []
    roads: dict[Road, int] = {}
    edges: list[Edge] = []
    for way in ways:
        road = roads.setdefault(way.road, len(roads))
        for first, last in _stretches(way, uses):
            for i in (first, last):
                if way.ids[i] not in numbers:
                    numbers[way.ids[i]] = len(places)
                    places.append(way.points[i])
            points = list(way.points[first : last + 1])
            start, end, length = numbers[way.ids[first]], numbers[way.ids[last]], length_m(points)
            if length > 0:
                edges.append(Edge(start, end, road, length, points))
                if not way.one_way:
                    edges.append(Edge(end, start, road, length, points[::-1]))
    return _connected(RoadNetwork(places, edges, list(roads), attribution))


def _stretches(way: Way, uses: Counter[int]) -> Iterator[tuple[int, int]]:
    """First and last index of each piece between junctions. A closed way is also cut where it closes."""
    first = 0
    for i in range(1, len(way.ids)):
        if i == len(way.ids) - 1 or uses[way.ids[i]] > 1:
            yield first, i
            first = i


def _connected(network: RoadNetwork) -> RoadNetwork:
    """The largest part in which each junction reaches each other."""
    if not network.edges:
        raise RoadsError("there are no drivable roads in it: use an extract with highways in it (`.osm.pbf`)")
    kept = max(_components(network), key=len)
    if len(kept) < 2:
        raise RoadsError("its roads are not connected with each other: use a larger extract")
    number = {old: new for new, old in enumerate(sorted(kept))}
    edges = [
        Edge(number[edge.start], number[edge.end], edge.road, edge.length_m, edge.points)
        for edge in network.edges
        if edge.start in number and edge.end in number
    ]
    return RoadNetwork([network.nodes[old] for old in sorted(kept)], edges, network.roads, network.attribution)


def _components(network: RoadNetwork) -> Iterable[list[int]]:
    """Strongly connected components (Kosaraju): walk forwards for an order, then backwards along it."""
    forwards = [[network.edges[e].end for e in leaving] for leaving in network.leaving]
    backwards: list[list[int]] = [[] for _ in network.nodes]
    for edge in network.edges:
        backwards[edge.end].append(edge.start)
    seen: set[int] = set()
    order = [node for start in range(len(forwards)) for node in _walk(forwards, start, seen)]
    seen.clear()
    for start in reversed(order):
        component = list(_walk(backwards, start, seen))
        if component:
            yield component


def _walk(links: list[list[int]], start: int, seen: set[int]) -> Iterator[int]:
    """Junctions reached from `start` that were not seen before, each after all that lie behind it."""
    if start in seen:
        return
    seen.add(start)
    stack = [(start, iter(links[start]))]
    while stack:
        node, following = stack[-1]
        step = next((n for n in following if n not in seen), None)
        if step is None:
            stack.pop()
            yield node
        else:
            seen.add(step)
            stack.append((step, iter(links[step])))
