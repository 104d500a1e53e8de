"""Reading OpenStreetMap tags, and what happens with files that are none."""

from pathlib import Path

import pytest

from kolonne.simulator.errors import RoadsError
from kolonne.simulator.roads import osm

EXTRACT = """<osm version="0.6">
<node id="1" lat="60.0" lon="10.0" version="1"/><node id="2" lat="60.001" lon="10.0" version="1"/>
<node id="3" lat="60.001" lon="10.001" version="1"/><node id="4" lat="60.002" lon="10.002" version="1"/>
<way id="1" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
 <tag k="highway" v="tertiary"/><tag k="name" v="Prøvegata"/><tag k="maxspeed" v="40"/></way>
<way id="2" version="1"><nd ref="3"/><nd ref="4"/><nd ref="99"/><tag k="highway" v="residential"/></way>
<way id="3" version="1"><nd ref="1"/><nd ref="4"/><tag k="highway" v="footway"/></way>
</osm>"""


@pytest.mark.parametrize(
    ("limit", "speed"),
    [
        ("50", 50),
        ("30 mph", 48.28),
        ("NO:urban", 50),
        ("DE:rural", 80),
        ("none", 130),
        ("walk", 7),
        ("", 60),
        ("signals", 60),
        ("0", 60),
        ("60;80", 60),
        ("1000", 130),
    ],
)
def test_a_speed_limit_is_read_or_defaults_by_class(limit: str, speed: float) -> None:
    assert osm.speed_kmh({"highway": "primary", "maxspeed": limit}) == pytest.approx(speed, abs=0.01)


@pytest.mark.parametrize(
    ("tags", "direction"),
    [
        ({}, 0),
        ({"oneway": "yes"}, 1),
        ({"oneway": "-1"}, -1),
        ({"junction": "roundabout"}, 1),
        ({"highway": "motorway"}, 1),
        ({"highway": "motorway", "oneway": "no"}, 0),
    ],
)
def test_one_way_roads_are_recognised(tags: dict[str, str], direction: int) -> None:
    assert osm.one_way({"highway": "residential"} | tags) == direction


@pytest.mark.parametrize(
    ("tags", "drivable"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "footway"}, False),
        ({"highway": "residential", "access": "no"}, False),
        ({"highway": "residential", "access": "no", "motor_vehicle": "yes"}, True),
        ({"highway": "residential", "motorcar": "private"}, False),
        ({"highway": "service", "service": "parking_aisle"}, False),
        ({"highway": "service", "area": "yes"}, False),
        ({"highway": "tertiary", "access": "destination"}, True),
    ],
)
def test_only_roads_for_cars_count(tags: dict[str, str], drivable: bool) -> None:
    assert osm.is_drivable(tags) is drivable


def test_an_extract_is_read_and_points_beyond_its_border_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "small.osm"
    path.write_text(EXTRACT, encoding="utf-8")
    ways = osm.read(path)
    assert [(way.road.name, way.road.kind, way.road.speed_kmh, len(way.ids)) for way in ways] == [
        ("Prøvegata", "tertiary", 40, 4),
        ("", "residential", 30, 2),
    ]


def test_a_missing_or_wrong_file_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(RoadsError, match="does not exist"):
        osm.read(tmp_path / "nothing.osm.pbf")
    wrong = tmp_path / "wrong.osm.pbf"
    wrong.write_bytes(b"this is no extract at all")
    with pytest.raises(RoadsError, match=r"wrong\.osm\.pbf"):
        osm.read(wrong)
