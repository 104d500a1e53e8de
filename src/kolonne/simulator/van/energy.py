"""Battery and tank: what driving and heating use, how charging goes on."""

from kolonne.simulator.van.state import VanModel, VanState

IDLE_LITRES_PER_S = 0.7 / 3600
CLIMATE_KW = 1.6
STANDBY_KW = 0.02
ADBLUE_PER_FUEL = 0.04
"""Percent of the fluid's tank used per litre of fuel."""
FULL_POWER_UNTIL = 82.0
"""Percent; from here to full the charging power falls to a fifth."""
LITRES_FOR_WARNING_PERCENT = 12.0


def use(state: VanState, model: VanModel, metres: float, seconds: float) -> None:
    """Takes what the last `metres` and `seconds` cost. The level never rises here and never falls below 0."""
    if model.is_electric:
        _use_battery(state, model, metres, seconds)
    else:
        _use_fuel(state, model, metres, seconds)


def _use_battery(state: VanState, model: VanModel, metres: float, seconds: float) -> None:
    kwh = metres / 1000 * model.kwh_per_km * _effort(state)
    auxiliary_kw = CLIMATE_KW * state.climate_on + (0.4 if state.ignition else STANDBY_KW)
    kwh += auxiliary_kw * seconds / 3600
    # A van on the cable heats from the grid.
    if not state.charging:
        state.level = max(0.0, state.level - 100 * kwh / model.battery_kwh)
        state.power_kw = -kwh * 3600 / seconds


def _use_fuel(state: VanState, model: VanModel, metres: float, seconds: float) -> None:
    if not state.ignition:
        state.fuel_rate = 0.0
        return
    litres = max(metres / 1000 * model.litres_per_km * _effort(state), IDLE_LITRES_PER_S * seconds)
    state.fuel_rate = min(99.0, litres / metres * 100_000) if metres > 1 else 0.0
    state.level = max(0.0, state.level - 100 * litres / model.tank_l)
    state.adblue = max(0.0, state.adblue - ADBLUE_PER_FUEL * litres)
    state.engine_hours += seconds / 3600


def _effort(state: VanState) -> float:
    """How much more or less than on average this metre costs: accelerating, air, load."""
    air = (state.speed / 22.0) ** 2
    return max(0.15, 0.75 + 0.35 * air + 0.9 * state.acceleration + state.load_kg / 8000 + 0.3 * state.trailer)


def charge(state: VanState, model: VanModel, seconds: float) -> None:
    """One step of charging up to the limit. Only here, and at a filling station, a level rises."""
    if not state.charging:
        return
    state.power_kw = charge_power_kw(state, model)
    state.level = min(100.0, state.level + state.power_kw * seconds / 36 / model.battery_kwh)
    if state.level >= state.charge_limit:
        state.charge_state, state.power_kw = "COMPLETE", 0.0


def charge_power_kw(state: VanState, model: VanModel) -> float:
    """Falls near the end, as every battery's does."""
    above = max(0.0, state.level - FULL_POWER_UNTIL) / (100 - FULL_POWER_UNTIL)
    return model.charge_kw * (1 - 0.8 * above)


def charge_seconds_left(state: VanState, model: VanModel) -> int:
    """Until the limit, in steps of one percent, because the power falls on the way."""
    seconds, level = 0.0, state.level
    while level < state.charge_limit:
        step = min(1.0, state.charge_limit - level)
        above = max(0.0, level - FULL_POWER_UNTIL) / (100 - FULL_POWER_UNTIL)
        seconds += step * 36 * model.battery_kwh / (model.charge_kw * (1 - 0.8 * above))
        level += step
    return round(seconds)


def range_m(state: VanState, model: VanModel) -> int:
    per_km = model.kwh_per_km if model.is_electric else model.litres_per_km
    content = model.battery_kwh if model.is_electric else model.tank_l
    return round(state.level / 100 * content / per_km) * 1000


def plug_in(state: VanState, charge_point: str) -> None:
    state.plugged, state.charge_point = True, charge_point
    state.charge_state = "CHARGING" if state.level < state.charge_limit else "COMPLETE"


def unplug(state: VanState) -> None:
    state.plugged, state.charge_point, state.charge_state, state.power_kw = False, "", "OFF", 0.0
