"""Drivable ways of an OpenStreetMap extract (`.osm.pbf`): cars only, as the tagging rules of OpenStreetMap say."""

import re
from pathlib import Path

import osmium

from kolonne.simulator.errors import RoadsError
from kolonne.simulator.roads.build import Way
from kolonne.simulator.roads.network import Road, RoadClass

ATTRIBUTION = "© OpenStreetMap contributors, ODbL"

CLASSES: dict[str, tuple[RoadClass, float]] = {
    "motorway": ("motorway", 100),
    "motorway_link": ("motorway", 60),
    "trunk": ("motorway", 80),
    "trunk_link": ("motorway", 60),
    "primary": ("primary", 60),
    "primary_link": ("primary", 50),
    "secondary": ("secondary", 50),
    "secondary_link": ("secondary", 40),
    "tertiary": ("tertiary", 50),
    "tertiary_link": ("tertiary", 40),
    "unclassified": ("residential", 40),
    "residential": ("residential", 30),
    "living_street": ("residential", 10),
    "service": ("service", 20),
}
"""Our class and the speed in km/h where nobody mapped a limit; links are slower than what they lead to."""

WORDS = {"walk": 7.0, "none": 130.0, "urban": 50.0, "rural": 80.0, "motorway": 110.0, "living_street": 10.0}
CLOSED = {"no", "private", "forestry", "agricultural", "delivery", "emergency", "permit"}
NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(mph)?$")
SLOWEST, FASTEST = 5.0, 130.0


def read(path: Path) -> list[Way]:
    """Raises RoadsError when the file is missing or no extract."""
    if not path.is_file():
        raise RoadsError(f"{path} does not exist: give an OpenStreetMap extract (`.osm.pbf`)")
    try:
        roads = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
        return [way for item in roads if isinstance(item, osmium.osm.Way) and (way := _way(item)) is not None]
    except RuntimeError as error:
        raise RoadsError(f"{path} is no OpenStreetMap extract ({error}): give a `.osm.pbf` file") from error


def _way(item: osmium.osm.Way) -> Way | None:
    tags = dict(item.tags)
    if not is_drivable(tags):
        return None
    # Extracts are cut at their border: points beyond it have no position.
    found = [(n.ref, (round(n.lat, 7), round(n.lon, 7))) for n in item.nodes if n.location.valid()]
    if len(found) < 2:
        return None
    direction = one_way(tags)
    ids, points = zip(*(found if direction >= 0 else found[::-1]), strict=True)
    kind, _ = CLASSES[tags["highway"]]
    name = tags.get("name") or tags.get("ref", "")
    tunnel = tags.get("tunnel", "no") not in {"no", "building_passage"}
    return Way(ids, points, Road(name, kind, speed_kmh(tags), tunnel), one_way=direction != 0)


def is_drivable(tags: dict[str, str]) -> bool:
    """Whether a car may use it: the most specific access tag decides."""
    if tags.get("highway") not in CLASSES or tags.get("area") == "yes":
        return False
    if tags["highway"] == "service" and tags.get("service") in {"parking_aisle", "drive-through", "emergency_access"}:
        return False
    access = next((tags[key] for key in ("motorcar", "motor_vehicle", "vehicle", "access") if key in tags), "yes")
    return access not in CLOSED


def one_way(tags: dict[str, str]) -> int:
    """1 in the direction of the points, -1 against it, 0 both."""
    tag = tags.get("oneway", "")
    if tag in {"-1", "reverse"}:
        return -1
    if tag in {"yes", "true", "1"}:
        return 1
    if tag == "no":
        return 0
    implied = tags.get("junction") in {"roundabout", "circular"} or tags.get("highway") in {"motorway", "motorway_link"}
    return int(implied)


def speed_kmh(tags: dict[str, str]) -> float:
    """The limit: a number (km/h unless it says mph), a word such as `NO:urban`, or the default of its class."""
    text = tags.get("maxspeed", "").strip().lower()
    default = CLASSES[tags["highway"]][1]
    match = NUMBER.match(text.split(";")[0].strip())
    speed = float(match[1]) * (1.609344 if match[2] else 1.0) if match else WORDS.get(text.rsplit(":", 1)[-1], default)
    return min(FASTEST, max(SLOWEST, speed)) if speed > 0 else default
