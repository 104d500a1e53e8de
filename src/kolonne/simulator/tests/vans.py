"""Vans to try things with."""

import random
from typing import Any

from kolonne.simulator.roads.network import RoadNetwork
from kolonne.simulator.van.simulated import Bay, Posting, SimulatedVan
from kolonne.simulator.van.state import Character, Past, VanModel

NOW_MS = 1_790_000_000_000
ELECTRIC = VanModel("Kargo", "E-van L3", "electric", 2600, battery_kwh=79, charge_kw=11, kwh_per_km=0.3)
DIESEL = VanModel("Kargo", "Diesel M2", "diesel", 1900, tank_l=60, litres_per_km=0.08)


def a_van(
    network: RoadNetwork,
    behaviour: str = "tour",
    *,
    model: VanModel = ELECTRIC,
    seed: int = 1,
    past: Past | None = None,
    **life: Any,
) -> SimulatedVan:
    chance = random.Random(seed)
    start = chance.choice(network.quiet_nodes)
    bay = Bay(network.quiet_nodes[0], network.nodes[network.quiet_nodes[0]], "NO*KLN*E0101")
    character = Character(behaviour, **life)
    return SimulatedVan(model, character, Posting(network, start, bay), chance=chance, now_ms=NOW_MS, past=past)


def live(van: SimulatedVan, seconds: float) -> None:
    van.advance(van.now_ms + round(seconds * 1000))
