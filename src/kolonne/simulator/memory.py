"""What simulated vans remember over a restart, so that no odometer runs backwards and no van jumps across the map."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from kolonne.simulator.van.simulated import SimulatedVan
from kolonne.simulator.van.state import Past

SAVE_EVERY_S = 5.0
UNKNOWN_M = 200.0
"""More than a van drives between two saves."""


class Memory(msgspec.Struct, frozen=True):
    """`roads` tells which network the positions belong to; on another one they mean nothing."""

    roads: str
    saved_ms: int
    vans: dict[str, Past]
    is_last_word: bool = False
    """Whether the simulation ended in good order, so that nothing was driven since."""


def recall(path: Path, roads: str) -> Memory:
    """What was remembered; nothing, when there is nothing or it cannot be read. Places of other roads are left out.

    After a crash nobody knows what was driven and told since the last save: time and odometers go on behind it.
    """
    try:
        memory = msgspec.json.decode(path.read_bytes(), type=Memory)
    except (OSError, msgspec.MsgspecError):
        return Memory(roads, 0, {})
    vans = memory.vans
    if memory.roads != roads:
        vans = {serial: msgspec.structs.replace(past, point=None) for serial, past in vans.items()}
    if memory.is_last_word:
        return Memory(roads, memory.saved_ms, vans)
    ahead = {serial: msgspec.structs.replace(past, odometer=past.odometer + UNKNOWN_M) for serial, past in vans.items()}
    return Memory(roads, memory.saved_ms + round(SAVE_EVERY_S * 1000), ahead)


def remember(
    path: Path, roads: str, vans: Mapping[str, SimulatedVan], now_ms: int, *, is_last_word: bool = False
) -> None:
    """Replaces the file in one step. Raises OSError."""
    memory = Memory(roads, now_ms, {serial: van.past() for serial, van in vans.items()}, is_last_word)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(memory))
    fresh.replace(path)
