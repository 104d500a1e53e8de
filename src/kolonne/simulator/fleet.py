"""The fleet file of `kolonne simulate`, and where its vans stand on a network.

The demonstration writes the file to `KOLONNE_DATA/demo/fleet.json`, readable by its owner only: it holds secrets.
"""

import random
from collections.abc import Mapping
from pathlib import Path

import msgspec

from kolonne.simulator.errors import FleetError
from kolonne.simulator.roads.geometry import distance_m, moved
from kolonne.simulator.roads.network import RoadNetwork
from kolonne.simulator.van.simulated import Bay, Posting, SimulatedVan
from kolonne.simulator.van.state import Character, Past, VanModel
from kolonne.simulator.world import explained

BAY_SPACING_M = 9.0


class FleetVan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One van with its module's serial and secret, and the depot (a small number) that it belongs to."""

    serial: str
    secret: str
    model: VanModel
    life: Character
    home: str = "NO"
    depot: int = 0


class Fleet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    vans: list[FleetVan]
    roads: str = ""
    """An OpenStreetMap extract; empty for the invented town."""


def read_fleet(path: Path) -> Fleet:
    """Raises FleetError."""
    try:
        raw = msgspec.json.decode(path.read_bytes())
        return msgspec.convert(raw, Fleet)
    except OSError as error:
        raise FleetError(f"{path} cannot be read ({error.strerror}): `kolonne demo` writes it") from error
    except msgspec.ValidationError as error:
        raise FleetError(f"{path}: {explained(error, None)}") from error
    except msgspec.DecodeError as error:
        raise FleetError(f"{path} is no JSON file: {error}") from error


def write_fleet(path: Path, fleet: Fleet) -> None:
    """Only the owner may read it, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(fleet), indent=1))
    fresh.replace(path)


def populate(
    fleet: Fleet, network: RoadNetwork, now_ms: int, pasts: Mapping[str, Past] | None = None
) -> dict[str, SimulatedVan]:
    """All vans by serial, spread over the network, or where they were before; the same for the same arguments."""
    pasts = pasts or {}
    starts = spread(network, len(fleet.vans), random.Random(len(fleet.vans)))  # noqa: S311  # places, not secrets
    places = depots(network, 1 + max((van.depot for van in fleet.vans), default=0))
    return {
        van.serial: SimulatedVan(
            van.model,
            van.life,
            Posting(
                network,
                _start(network, start, pasts.get(van.serial)),
                _bay(network, places[van.depot], van.depot, index),
                van.home,
            ),
            chance=random.Random(van.serial),  # noqa: S311  # a driver's mood, not a secret
            now_ms=now_ms,
            past=pasts.get(van.serial),
        )
        for index, (van, start) in enumerate(zip(fleet.vans, starts, strict=True))
    }


def spread(network: RoadNetwork, count: int, chance: random.Random) -> list[int]:
    """Junctions far from each other: of some random ones always the one farthest from all chosen before."""
    chosen = [chance.choice(network.quiet_nodes)]
    while len(chosen) < count:
        sample = chance.choices(network.quiet_nodes, k=12)
        chosen.append(
            max(sample, key=lambda node: min(distance_m(network.nodes[node], network.nodes[c]) for c in chosen))
        )
    chance.shuffle(chosen)
    return chosen[:count]


def depots(network: RoadNetwork, count: int) -> list[int]:
    """Yards: junctions of service roads in different quarters of the network."""
    west, south, east, north = network.bounds
    yards = [edge.end for edge in network.edges if network.roads[edge.road].kind == "service"] or network.quiet_nodes
    shares = ((0.5, 0.25), (0.5, 0.8), (0.3, 0.55), (0.7, 0.6))
    corners = [(south + (north - south) * y, west + (east - west) * x) for x, y in shares]
    return [min(yards, key=lambda n: distance_m(network.nodes[n], corners[i % len(corners)])) for i in range(count)]


def _bay(network: RoadNetwork, junction: int, depot: int, index: int) -> Bay:
    point = moved(network.nodes[junction], 6.0 + 14.0 * (index % 2), BAY_SPACING_M * (index // 2 - 4))
    return Bay(junction, point, f"NO*KLN*E{depot + 1:02d}{index + 1:02d}")


def _start(network: RoadNetwork, fresh: int, past: Past | None) -> int:
    return fresh if past is None or past.point is None else network.nearest_node(past.point)
