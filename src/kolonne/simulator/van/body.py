"""Doors, windows, tyres and temperatures."""

import math

from kolonne.simulator.van.state import VanModel, VanState

LEAK_KPA_PER_HOUR = 28.0
LEAKED_OUT_KPA = 190.0
"""Where somebody in our world notices and the leak ends."""
LOW_TYRE = 0.8
"""Share of the right pressure below which the van warns."""
DAY_S = 86_400


def open_door(state: VanState, *doors: str) -> None:
    state.locked = False
    state.open_doors.update(doors)


def close_door(state: VanState, *doors: str) -> None:
    state.open_doors.difference_update(doors)


def is_tyre_low(model: VanModel, kpa: float) -> bool:
    return kpa < LOW_TYRE * model.tyre_kpa


def settle(state: VanState, seconds: float, now_s: float) -> None:
    """What happens by itself: air leaks, things warm up and cool down."""
    if state.leaking:
        kpa = state.tyres[state.leaking]
        state.tyres[state.leaking] = max(min(kpa, LEAKED_OUT_KPA), kpa - LEAK_KPA_PER_HOUR * seconds / 3600)
    state.outside = 4.0 + 4.0 * math.sin(2 * math.pi * ((now_s % DAY_S) / DAY_S - 0.36))
    warm = state.climate_on or state.ignition
    state.inside = _towards(
        state.inside, state.climate_target if warm else state.outside, 240 if warm else 1800, seconds
    )
    state.tyre_temperature = _towards(state.tyre_temperature, state.outside + state.speed * 1.1, 600, seconds)
    busy = 26.0 if state.moving or state.charging else state.outside + 4
    state.battery_temperature = _towards(state.battery_temperature, busy, 3600, seconds)
    state.coolant = _towards(
        state.coolant, 88.0 if state.ignition else state.outside, 300 if state.ignition else 2400, seconds
    )


def _towards(value: float, target: float, time_constant_s: float, seconds: float) -> float:
    return value + (target - value) * (1 - math.exp(-seconds / time_constant_s))
