"""All that is true of a van at one moment."""

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from kolonne.simulator.roads.geometry import Point

Drive = Literal["electric", "diesel"]
ChargeState = Literal["OFF", "WAITING", "CHARGING", "COMPLETE", "REFUSED", "FAULT"]
Wheel = Literal["front_left", "front_right", "rear_left", "rear_right"]

DOORS = (
    "door_front_driver",
    "door_front_passenger",
    "door_rear_driver",
    "door_rear_passenger",
    "tailgate",
    "bonnet",
)
"""Names of the signals; the sliding door is `door_rear_passenger`."""
WINDOWS = ("window_front_driver", "window_front_passenger")
WHEELS: tuple[Wheel, ...] = ("front_left", "front_right", "rear_left", "rear_right")


class VanModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all vans of a type share."""

    make: str
    model: str
    drive: Drive
    weight_kg: int
    tyre_kpa: int = 380
    battery_kwh: float = 0.0
    charge_kw: float = 0.0
    kwh_per_km: float = 0.0
    tank_l: float = 0.0
    litres_per_km: float = 0.0

    @property
    def is_electric(self) -> bool:
        return self.drive == "electric"


class Character(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one van does all day, and the condition that it begins in."""

    behaviour: str
    """A name from `behaviour.BEHAVIOURS`."""
    level: float = 75.0
    """Charge or fuel in percent."""
    odometer_km: float = 20_000
    service_km: float = 9_000
    charge_limit: int = 100
    leaking: Wheel | None = None
    tyre_kpa: int | None = None
    """Pressure that the leaking tyre begins with."""
    trailer: bool = False
    driver: str = ""


class Past(msgspec.Struct, frozen=True):
    """What outlasts a restart of the simulation, in the units of VanState."""

    point: Point | None
    heading: float
    odometer: float
    level: float
    adblue: float
    service_m: float
    engine_hours: float
    tyres: dict[Wheel, float]
    charge_limit: int
    is_tailgate_open: bool


@dataclass(slots=True)
class VanState:
    """Speeds in m/s, distances in m, pressures in kPa, temperatures in degrees Celsius, levels in percent."""

    point: Point
    heading: float = 0.0
    speed: float = 0.0
    acceleration: float = 0.0
    odometer: float = 0.0
    trip: float = 0.0
    in_tunnel: bool = False
    ignition: bool = False
    reversing: bool = False

    level: float = 80.0
    """State of charge of an electric van, fuel of a diesel."""
    adblue: float = 70.0
    power_kw: float = 0.0
    """Into the battery when positive."""
    fuel_rate: float = 0.0
    """Litres per 100 km at this moment."""
    plugged: bool = False
    charge_state: ChargeState = "OFF"
    charge_limit: int = 100
    charge_point: str = ""
    departure: str = ""

    open_doors: set[str] = field(default_factory=set)
    open_windows: set[str] = field(default_factory=set)
    locked: bool = True
    hazard: bool = False
    horn: bool = False

    tyres: dict[Wheel, float] = field(default_factory=lambda: dict.fromkeys(WHEELS, 380.0))
    leaking: Wheel | None = None
    tyre_temperature: float = 8.0
    climate_on: bool = False
    climate_target: float = 21.0
    inside: float = 8.0
    outside: float = 4.0
    battery_temperature: float = 12.0
    coolant: float = 8.0

    service_m: float = 15_000_000.0
    """Metres to the next service; negative when it is overdue."""
    engine_hours: float = 0.0
    faults: list[str] = field(default_factory=list)
    trailer: bool = False
    load_kg: int = 300
    driver: str = ""
    data_used: int = 0

    @property
    def moving(self) -> bool:
        return self.speed > 0.05

    @property
    def charging(self) -> bool:
        return self.charge_state == "CHARGING"
