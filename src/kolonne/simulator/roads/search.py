"""A*: the fastest path through a network."""

import heapq
from typing import TYPE_CHECKING

from kolonne.simulator.errors import RoadsError
from kolonne.simulator.roads.geometry import distance_m

if TYPE_CHECKING:
    from kolonne.simulator.roads.network import RoadNetwork


def fastest_path(network: "RoadNetwork", start: int, goal: int) -> list[int]:
    """Numbers of the edges from `start` to `goal`. Raises RoadsError when the network does not connect them."""
    target = network.nodes[goal]
    metres_per_second = network.fastest_kmh / 3.6
    arrived_by: dict[int, int] = {}
    seconds = {start: 0.0}
    done: set[int] = set()
    queue = [(0.0, start)]
    while queue:
        node = heapq.heappop(queue)[1]
        if node == goal:
            return _back(network, arrived_by, start, goal)
        if node in done:
            continue
        done.add(node)
        for number in network.leaving[node]:
            edge = network.edges[number]
            cost = seconds[node] + edge.length_m * 3.6 / network.roads[edge.road].speed_kmh
            if cost < seconds.get(edge.end, float("inf")):
                seconds[edge.end] = cost
                arrived_by[edge.end] = number
                estimate = cost + distance_m(network.nodes[edge.end], target) / metres_per_second
                heapq.heappush(queue, (estimate, edge.end))
    raise RoadsError(f"no way leads from junction {start} to {goal}: the network is not connected")


def _back(network: "RoadNetwork", arrived_by: dict[int, int], start: int, goal: int) -> list[int]:
    path: list[int] = []
    while goal != start:
        path.append(arrived_by[goal])
        goal = network.edges[path[-1]].start
    return path[::-1]
