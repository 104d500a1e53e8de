"""What changed on a van, in words, newest first."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from kolonne.portal.telemetry.queries import transitions
from kolonne.portal.vehicles.models import Vehicle

_CHANGES_READ = 400
_LINES = 60

GOOD, BAD, SOON, PLAIN = "good", "bad", "soon", "plain"


@dataclass(frozen=True)
class Entry:
    """`mood` colours the dot before the line."""

    at: datetime
    words: str
    mood: str

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()


def diary(vehicle: Vehicle) -> list[Entry]:
    """Changes that have a sentence; most signals change without being worth a line."""
    sentences = {**_opened(), **_driven(), **_charged(), **_warned()}
    entries = []
    for change in transitions(vehicle, limit=_CHANGES_READ):
        found = None if isinstance(change.new, list) else sentences.get((change.signal, change.new))
        if found:
            entries.append(Entry(change.at, *found))
    return entries[:_LINES]


Sentences = dict[tuple[str, bool | float | str], tuple[str, str]]


def _opened() -> Sentences:
    return {
        ("door_front_driver", True): (_("Driver's door opened"), SOON),
        ("door_front_driver", False): (_("Driver's door closed"), PLAIN),
        ("door_front_passenger", True): (_("Passenger door opened"), SOON),
        ("door_front_passenger", False): (_("Passenger door closed"), PLAIN),
        ("door_rear_driver", True): (_("Side door on the driver's side opened"), SOON),
        ("door_rear_driver", False): (_("Side door on the driver's side closed"), PLAIN),
        ("door_rear_passenger", True): (_("Side door on the passenger side opened"), SOON),
        ("door_rear_passenger", False): (_("Side door on the passenger side closed"), PLAIN),
        ("tailgate", True): (_("Rear door opened"), SOON),
        ("tailgate", False): (_("Rear door closed"), PLAIN),
        ("bonnet", True): (_("Bonnet opened"), SOON),
        ("bonnet", False): (_("Bonnet closed"), PLAIN),
        ("locked", True): (_("Locked"), GOOD),
        ("locked", False): (_("Unlocked"), PLAIN),
    }


def _driven() -> Sentences:
    return {
        ("ignition", "ON"): (_("Ignition on"), PLAIN),
        ("ignition", "OFF"): (_("Ignition off"), PLAIN),
        ("ignition", "LOCK"): (_("Ignition off"), PLAIN),
        ("climate_on", True): (_("Climate started"), PLAIN),
        ("climate_on", False): (_("Climate stopped"), PLAIN),
        ("trailer", True): (_("Trailer connected"), PLAIN),
        ("trailer", False): (_("Trailer disconnected"), PLAIN),
    }


def _charged() -> Sentences:
    return {
        ("plugged", True): (_("Charging plug connected"), PLAIN),
        ("plugged", False): (_("Charging plug disconnected"), PLAIN),
        ("charging", True): (_("Charging started"), GOOD),
        ("charging", False): (_("Charging stopped"), PLAIN),
        ("charge_state", "COMPLETE"): (_("Fully charged"), GOOD),
        ("charge_state", "REFUSED"): (_("Charging refused by the charge point"), BAD),
        ("charge_state", "FAULT"): (_("Charging stopped by a fault"), BAD),
    }


def _warned() -> Sentences:
    low = {
        "front_left": _("Tyre front left is low"),
        "front_right": _("Tyre front right is low"),
        "rear_left": _("Tyre rear left is low"),
        "rear_right": _("Tyre rear right is low"),
    }
    return {
        **{(f"tyre_low_{wheel}", True): (words, BAD) for wheel, words in low.items()},
        ("fuel_low", True): (_("Fuel is low"), BAD),
        ("service_due", True): (_("Service is due"), SOON),
        ("broken_down", True): (_("Broken down"), BAD),
        ("broken_down", False): (_("Runs again"), GOOD),
        ("airbag", True): (_("Airbag has deployed"), BAD),
        ("alarm", True): (_("Alarm is sounding"), BAD),
        ("alarm", False): (_("Alarm stopped"), PLAIN),
    }
