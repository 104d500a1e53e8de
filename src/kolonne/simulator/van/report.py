"""The state of a van as readings of the signal catalogue, in its units and rounded as sensors do."""

from collections.abc import Mapping

from kolonne.simulator.van import energy
from kolonne.simulator.van.body import is_tyre_low
from kolonne.simulator.van.state import DOORS, WHEELS, WINDOWS, VanModel, VanState
from kolonne.wire.signals import Value

ALWAYS = ("lat", "lon", "heading", "speed", "odometer", "moving")
"""Told with every reading while the van moves, changed or not."""
GEAR_PARK, GEAR_DRIVE = 126, 127
LOCKS = {
    "lock_front_driver": "door_front_driver",
    "lock_front_passenger": "door_front_passenger",
    "lock_rear_driver": "door_rear_driver",
    "lock_rear_passenger": "door_rear_passenger",
    "lock_tailgate": "tailgate",
}
VOLTS_PER_CELL_BLOCK = 400.0
NORWAY, GERMANY = (57.9, 71.3, 4.0, 31.2), (47.2, 55.1, 5.8, 15.1)


def signals(state: VanState, model: VanModel, *, home: str) -> dict[str, Value]:
    """Everything that this van can tell. `home` is the country of its SIM card (`NO`, `DE`)."""
    told: dict[str, Value] = {}
    told |= _position(state)
    told |= _driving(state, model)
    told |= _battery(state, model) if model.is_electric else _fuel(state, model)
    told |= _body(state)
    told |= _tyres(state, model)
    told |= _climate(state)
    told |= _maintenance(state, model)
    told |= _network(state, home)
    return told


def _position(state: VanState) -> dict[str, Value]:
    return {
        "lat": round(state.point[0], 6),
        "lon": round(state.point[1], 6),
        "heading": round(state.heading, 1) % 360.0,
        "accuracy": 60.0 if state.in_tunnel else 3.0,
        "fix": "NONE" if state.in_tunnel else "THREE_D",
        "satellites": 0 if state.in_tunnel else 11,
    }


def _driving(state: VanState, model: VanModel) -> dict[str, Value]:
    parked = not state.ignition
    return {
        "speed": round(state.speed * 3.6, 1),
        "moving": state.moving,
        "odometer": int(state.odometer),
        "trip_distance": int(state.trip),
        "ignition": "ON" if state.ignition else "OFF",
        "gear": 0 if parked else (1 if model.is_electric else min(6, 1 + int(state.speed / 5))),
        "selected_gear": GEAR_PARK if parked else GEAR_DRIVE,
        "parking_brake": parked,
        "acceleration_longitudinal": round(state.acceleration, 1) + 0.0,
        "belt_driver": state.ignition,
        "driver_id": state.driver if state.ignition else "",
    }


def _battery(state: VanState, model: VanModel) -> dict[str, Value]:
    told: dict[str, Value] = {
        "soc": round(state.level, 1),
        "battery_energy": round(state.level / 100 * model.battery_kwh, 1),
        "battery_net_capacity": round(model.battery_kwh),
        "soh": 97.0,
        "battery_temperature": round(state.battery_temperature, 0),
        "battery_voltage": round(VOLTS_PER_CELL_BLOCK * (0.88 + state.level / 700), 0),
        "battery_power": round(state.power_kw, 1) * 1000,
        "range": energy.range_m(state, model),
        "battery_range": energy.range_m(state, model),
    }
    return told | _charging(state, model)


def _charging(state: VanState, model: VanModel) -> dict[str, Value]:
    power = state.power_kw if state.charging else 0.0
    return {
        "charging": state.charging,
        "charge_state": state.charge_state,
        "charge_power": round(power, 1),
        "charge_power_max": model.charge_kw,
        "charge_rate": round(power / model.kwh_per_km, 0),
        "charge_current_1": round(power * 1000 / 3 / 230, 1),
        "charge_time_left": -(-energy.charge_seconds_left(state, model) // 60) * 60 if state.charging else 0,
        "charge_limit": state.charge_limit,
        "charge_timer_mode": "END_TIME" if state.departure else "INACTIVE",
        "charge_timer": state.departure,
        "departure": state.departure,
        "plugged": state.plugged,
        "plug_locked": state.plugged,
        "flap_open": state.plugged,
        "grid_joined": state.charging,
        "evse_id": state.charge_point,
    }


def _fuel(state: VanState, model: VanModel) -> dict[str, Value]:
    range_m = energy.range_m(state, model)
    return {
        "fuel_level": round(state.level),
        "fuel_litres": round(state.level / 100 * model.tank_l, 1),
        "fuel_rate": round(state.fuel_rate, 1),
        "fuel_low": state.level < energy.LITRES_FOR_WARNING_PERCENT,
        "fuel_range": range_m,
        "range": range_m,
        "adblue_level": round(state.adblue),
        "adblue_range": round(state.adblue) * 40_000,
        "engine_running": state.ignition,
        "engine_speed": round(800 + state.speed * 3.6 % 30 * 45, -1) if state.ignition else 0.0,
        "engine_hours": round(state.engine_hours, 1),
        "coolant_temperature": round(state.coolant),
        "oil_level": "NORMAL",
    }


def _body(state: VanState) -> dict[str, Value]:
    told: dict[str, Value] = {door: door in state.open_doors for door in DOORS}
    told |= {window: window in state.open_windows for window in WINDOWS}
    told |= {lock: state.locked and door not in state.open_doors for lock, door in LOCKS.items()}
    told["locked"] = state.locked and not state.open_doors
    told["alarm"] = False
    told["hazard_lights"] = state.hazard
    told["horn"] = state.horn
    told["low_beam"] = state.ignition
    return told


def _tyres(state: VanState, model: VanModel) -> dict[str, Value]:
    told: dict[str, Value] = {}
    for wheel in WHEELS:
        kpa = state.tyres[wheel]
        told[f"tyre_{wheel}"] = round(kpa)
        told[f"tyre_low_{wheel}"] = is_tyre_low(model, kpa)
        told[f"tyre_temperature_{wheel}"] = float(round(state.tyre_temperature))
    return told


def _climate(state: VanState) -> dict[str, Value]:
    return {
        "outside_temperature": round(state.outside * 2) / 2,
        "inside_temperature": round(state.inside * 2) / 2,
        "climate_on": state.climate_on,
        "climate_target": state.climate_target,
        "defroster_front": state.climate_on and state.outside < 2,
    }


def _maintenance(state: VanState, model: VanModel) -> dict[str, Value]:
    return {
        "service_distance": float(round(state.service_m / 1000)),
        "service_due": state.service_m < 0,
        "dtc_count": len(state.faults),
        "dtc_list": list(state.faults),
        "broken_down": False,
        "airbag": False,
        "low_voltage": 14.1 if state.ignition or state.charging else 12.6,
        "weight": model.weight_kg + state.load_kg,
        "trailer": state.trailer,
    }


def _network(state: VanState, home: str) -> dict[str, Value]:
    country = _country(state)
    told: dict[str, Value] = {
        "network_signal": -112 if state.in_tunnel else -71,
        "data_used": state.data_used,
        "privacy_mode": False,
    }
    if country:
        told |= {"country": country, "roaming": country != home}
    return told


def _country(state: VanState) -> str:
    """Good enough for the markets of the demonstration; empty where nobody can tell."""
    for name, (south, north, west, east) in (("NO", NORWAY), ("DE", GERMANY)):
        if south < state.point[0] < north and west < state.point[1] < east:
            return name
    return ""


class Reporter:
    """Says what changed: everything with a heartbeat, otherwise only what is new since it was last said."""

    def __init__(self) -> None:
        self._said: dict[str, Value] = {}

    def everything(self, told: Mapping[str, Value]) -> dict[str, Value]:
        self._said = dict(told)
        return self._said.copy()

    def changes(self, told: Mapping[str, Value], always: tuple[str, ...] = ()) -> dict[str, Value]:
        new = {name: value for name, value in told.items() if self._said.get(name) != value or name in always}
        self._said |= new
        return new
