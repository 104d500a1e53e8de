"""What a van is doing and whether it needs a person, for pages that the server writes.

Pure, and the same rules as `static/fleet/condition.js`, which keeps pages live; both are tested with
`tests/conditions.json`. Times are milliseconds of vehicle time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LOST_AFTER_MS = 15 * 60_000
DOOR_PATIENCE_MS = 10 * 60_000
LOW_CHARGE_PERCENT = 15
STANDSTILL_KMH = 3

DOORS = ("door_front_driver", "door_front_passenger", "door_rear_driver", "door_rear_passenger", "tailgate")
WHEELS = ("front_left", "front_right", "rear_left", "rear_right")

STATES = ("alert", "moving", "charging", "standing", "lost")

Signals = Mapping[str, Sequence[Any]]
"""Signal to value, vehicle time of the last reading, and time since when the value is so."""


@dataclass(frozen=True)
class Sentence:
    """A key into the texts, with what has to be filled in."""

    key: str
    params: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    state: str
    sentence: Sentence
    problems: list[Sentence] = field(default_factory=list)


def condition(signals: Signals, now_ms: int) -> Condition:
    """The one state under which lists and maps show a van.

    Silence comes first, because what a silent van said last is no longer known to be true; then what needs a person;
    then what it does.
    """
    seen = last_seen_ms(signals)
    if seen == 0:
        return Condition("lost", Sentence("never_seen"))
    if now_ms - seen > LOST_AFTER_MS:
        return Condition("lost", Sentence("lost", {"for": now_ms - seen, "seen": seen}))
    found = problems(signals, now_ms)
    if found:
        return Condition("alert", found[0], found)
    return Condition(*activity(signals))


def last_seen_ms(signals: Signals) -> int:
    return max((reading[1] for reading in signals.values()), default=0)


def level(signals: Signals, drive: str) -> float | None:
    """Percent of what it drives on: charge for electric vans, fuel otherwise."""
    names = ("fuel_level", "soc") if drive in {"diesel", "petrol"} else ("soc", "fuel_level")
    found = (_number(signals, name) for name in names)
    return next((percent for percent in found if percent is not None), None)


def problems(signals: Signals, now_ms: int) -> list[Sentence]:
    """Everything that needs a person, worst first."""
    urgent = [Sentence(name) for name in ("airbag", "broken_down", "alarm") if _value(signals, name) is True]
    return [*urgent, *_door_problems(signals, now_ms), *_energy_problems(signals), *_tyre_problems(signals)]


def activity(signals: Signals) -> tuple[str, Sentence]:
    """What the van does now, alerts aside."""
    if is_moving(signals):
        return "moving", Sentence("moving", {"kmh": max(0, _number(signals, "speed") or 0)})
    if _value(signals, "charging") is True:
        return "charging", _charging(signals)
    plugged_state = _value(signals, "charge_state") if _value(signals, "plugged") is True else None
    if plugged_state == "COMPLETE":
        return "standing", Sentence("charged")
    if plugged_state == "WAITING":
        return "standing", Sentence("charge_waiting")
    since = _standing_since(signals)
    return "standing", Sentence("standing") if since is None else Sentence("standing_since", {"since": since})


def is_moving(signals: Signals) -> bool:
    speed = _number(signals, "speed")
    return _value(signals, "moving") is True if speed is None else speed > STANDSTILL_KMH


def _value(signals: Signals, name: str) -> Any:
    reading = signals.get(name)
    return reading[0] if reading else None


def _number(signals: Signals, name: str) -> float | None:
    value = _value(signals, name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _standing_since(signals: Signals) -> int | None:
    reading = signals.get("moving")
    if reading is None or reading[0] is not False:
        reading = signals.get("speed")
    return int(reading[2]) if reading else None


def _charging(signals: Signals) -> Sentence:
    power, left = _number(signals, "charge_power"), _number(signals, "charge_time_left")
    if power is not None and left:
        return Sentence("charging_ready", {"kw": power, "ready": signals["charge_time_left"][1] + left * 1000})
    return Sentence("charging_power", {"kw": power}) if power is not None and power > 0 else Sentence("charging")


def _door_problems(signals: Signals, now_ms: int) -> list[Sentence]:
    is_open = [door for door in DOORS if _value(signals, door) is True]
    if is_moving(signals):
        return [Sentence(f"{door}_moving") for door in is_open]
    spans = [(door, now_ms - signals[door][2]) for door in is_open]
    return [Sentence(f"{door}_open", {"for": span}) for door, span in spans if span > DOOR_PATIENCE_MS]


def _energy_problems(signals: Signals) -> list[Sentence]:
    charge, state = _number(signals, "soc"), _value(signals, "charge_state")
    found = []
    if _value(signals, "plugged") is True and state in {"REFUSED", "FAULT"}:
        found.append(Sentence(f"charge_{state.lower()}"))
    if charge is not None and charge < LOW_CHARGE_PERCENT and _value(signals, "charging") is not True:
        found.append(Sentence("charge_low", {"percent": charge}))
    if _value(signals, "fuel_low") is True:
        found.append(Sentence("fuel_low", {"percent": _number(signals, "fuel_level") or 0}))
    return found


def _tyre_problems(signals: Signals) -> list[Sentence]:
    found = []
    for wheel in WHEELS:
        pressure = _number(signals, f"tyre_{wheel}")
        if _value(signals, f"tyre_low_{wheel}") is True:
            params = {} if pressure is None else {"bar": pressure / 100}
            found.append(Sentence(f"tyre_{wheel}_low", params))
    return found
