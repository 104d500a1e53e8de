"""What simulated vans remember over a restart, so that no odometer runs backwards and no van jumps across the map."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from kolonne.simulator.van.simulated import SimulatedVan
from kolonne.simulator.van.state import Past


class Memory(msgspec.Struct, frozen=True):
    """`roads` tells which network the positions belong to; on another one they mean nothing."""

    roads: str
    saved_ms: int
    vans: dict[str, Past]


def recall(path: Path, roads: str) -> Memory:
    """What was remembered; nothing, when there is nothing or it cannot be read. Places of other roads are left out."""
    try:
        memory = msgspec.json.decode(path.read_bytes(), type=Memory)
    except (OSError, msgspec.MsgspecError):
        return Memory(roads, 0, {})
    if memory.roads == roads:
        return memory
    elsewhere = {serial: msgspec.structs.replace(past, point=None) for serial, past in memory.vans.items()}
    return Memory(roads, memory.saved_ms, elsewhere)


def remember(path: Path, roads: str, vans: Mapping[str, SimulatedVan], now_ms: int) -> None:
    """Replaces the file in one step. Raises OSError."""
    memory = Memory(roads, now_ms, {serial: van.past() for serial, van in vans.items()})
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(memory))
    fresh.replace(path)
