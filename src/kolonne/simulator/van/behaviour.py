"""What a van does all day: each behaviour is an endless sequence of acts; between two acts it changes the state.

The sequences know nothing of time: `simulated` carries an act out and asks for the next one when it is done.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolonne.simulator.van import energy
from kolonne.simulator.van.body import close_door, open_door

if TYPE_CHECKING:
    from kolonne.simulator.van.simulated import SimulatedVan


@dataclass(frozen=True, slots=True)
class Go:
    """Drive to a junction, by way of others."""

    stations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """Let time pass as things are."""

    seconds: float


Act = Go | Rest
Behaviour = Callable[["SimulatedVan"], Iterator[Act]]

CHARGE_AT, REFUEL_AT = 22.0, 14.0
"""Levels in percent at which a tour is broken off."""
ENOUGH = 60.0
"""Charge in percent with which a driver leaves the depot again in the middle of the day."""
FOREVER = Rest(math.inf)


def tour(van: "SimulatedVan") -> Iterator[Act]:
    """Stop after stop; to the depot or a filling station when the level is low."""
    while True:
        yield from drive(van, van.next_stop())
        if van.model.is_electric and van.state.level < CHARGE_AT:
            yield from recharge(van)
        else:
            yield from delivery(van)


def charging(van: "SimulatedVan") -> Iterator[Act]:
    """Begins at the depot's charge point and goes on tour when it is full."""
    van.enter_bay()
    energy.plug_in(van.state, van.bay.charge_point)
    yield from _until_charged(van, 100.0)
    yield from tour(van)


def waiting(van: "SimulatedVan") -> Iterator[Act]:
    """Plugged in, its departure known; begins to charge when it is told to, or in the evening."""
    van.enter_bay()
    van.state.plugged, van.state.charge_point = True, van.bay.charge_point
    van.state.charge_state, van.state.departure = "WAITING", van.next_morning()
    yield FOREVER


def refused(van: "SimulatedVan") -> Iterator[Act]:
    """Plugged in, but the charge point does not know its card."""
    van.enter_bay()
    van.state.plugged, van.state.charge_point, van.state.charge_state = True, van.bay.charge_point, "REFUSED"
    yield FOREVER


def parked(van: "SimulatedVan") -> Iterator[Act]:
    """Stands at the kerb, locked."""
    yield FOREVER


def rear_door(van: "SimulatedVan") -> Iterator[Act]:
    """Its driver forgets the rear door for half an hour, comes back, delivers twice, and forgets it again."""
    while True:
        if "tailgate" not in van.state.open_doors:
            yield Rest(600 + van.chance.uniform(0, 120))
            open_door(van.state, "tailgate")
        yield Rest(2400)
        close_door(van.state, "tailgate")
        for _ in range(2):
            yield from drive(van, van.next_stop())
            yield from delivery(van)


def dead_spot(van: "SimulatedVan") -> Iterator[Act]:
    """Drives through a tunnel between stops: no contact inside, everything is told behind it."""
    while True:
        yield from drive(van, *van.through_a_tunnel(), van.next_stop())
        yield from delivery(van)


def silent(van: "SimulatedVan") -> Iterator[Act]:
    """Parked where no network reaches; its module says nothing from then on."""
    yield Rest(180)
    van.is_mute = True
    yield FOREVER


def workshop(van: "SimulatedVan") -> Iterator[Act]:
    """Overdue for service, bonnet open, two faults in store."""
    van.state.service_m = -420_000
    van.state.faults = ["P0562", "C1234"]
    open_door(van.state, "bonnet")
    yield FOREVER


BEHAVIOURS: dict[str, Behaviour] = {
    behaviour.__name__: behaviour
    for behaviour in (tour, charging, waiting, refused, parked, rear_door, dead_spot, silent, workshop)
}


def drive(van: "SimulatedVan", *stations: int) -> Iterator[Act]:
    """The driver gets in, starts, drives and switches off."""
    state, chance = van.state, van.chance
    open_door(state, "door_front_driver")
    yield Rest(chance.uniform(3, 6))
    state.open_doors.clear()
    yield Rest(chance.uniform(1, 4))
    state.ignition, state.trip = True, 0.0
    yield Rest(chance.uniform(2, 5))
    yield Go(stations)
    yield Rest(chance.uniform(2, 4))
    state.ignition = False


def delivery(van: "SimulatedVan") -> Iterator[Act]:
    """Parcels out by the sliding door or at the back; locked while the driver is away. Some stops are fuel stops."""
    state, chance = van.state, van.chance
    if not van.model.is_electric and state.level < REFUEL_AT:
        yield from _refuel(van)
        return
    yield Rest(chance.uniform(1, 3))
    open_door(state, "door_front_driver")
    yield Rest(chance.uniform(3, 6))
    close_door(state, "door_front_driver")
    door = chance.choice(("door_rear_passenger", "door_rear_passenger", "tailgate"))
    open_door(state, door)
    yield Rest(chance.uniform(6, 16))
    close_door(state, door)
    state.load_kg = state.load_kg - 25 if state.load_kg > 60 else 480
    state.locked = True
    yield Rest(chance.uniform(5, 15))


def recharge(van: "SimulatedVan") -> Iterator[Act]:
    """To the depot, and away from it with enough for some hours."""
    yield from drive(van, van.bay.junction)
    van.enter_bay()
    van.state.locked = True
    energy.plug_in(van.state, van.bay.charge_point)
    yield from _until_charged(van, ENOUGH)


def _until_charged(van: "SimulatedVan", enough: float) -> Iterator[Act]:
    """Until the level is enough, or the limit is reached; a charge that somebody stopped is waited for."""
    while van.state.charge_state != "COMPLETE" and van.state.level < enough:
        yield Rest(20)
    yield Rest(van.chance.uniform(100, 300))
    energy.unplug(van.state)


def _refuel(van: "SimulatedVan") -> Iterator[Act]:
    yield Rest(van.chance.uniform(100, 180))
    van.state.level, van.state.adblue = 97.0, min(100.0, van.state.adblue + 40)
