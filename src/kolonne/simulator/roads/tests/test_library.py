"""Roads are parsed once, kept, drawn for the map, and made anew when the extract changes."""

import json
from pathlib import Path

import pytest

from kolonne.simulator.roads import library, town
from kolonne.simulator.roads.tests.test_osm import EXTRACT


def test_the_invented_town_is_drawn_for_the_map(tmp_path: Path) -> None:
    network = library.load_roads(tmp_path, None)
    roads = json.loads((tmp_path / "map" / "roads.geojson").read_text(encoding="utf-8"))
    bounds = json.loads((tmp_path / "map" / "bounds.json").read_text(encoding="utf-8"))
    assert bounds["attribution"] == town.ATTRIBUTION
    assert bounds["bbox"] == pytest.approx(network.bounds, abs=1e-4)
    classes = {feature["properties"]["class"] for feature in roads["features"]}
    assert classes == {"motorway", "primary", "secondary", "tertiary", "residential", "service"}
    lon, lat = roads["features"][0]["geometry"]["coordinates"][0]
    assert (lat, lon) == pytest.approx(town.CENTRE, abs=0.05)
    assert (lat, lon) == (round(lat, 6), round(lon, 6))


def test_a_second_start_reads_the_cache_and_gets_the_same_network(tmp_path: Path) -> None:
    first = library.load_roads(tmp_path, None)
    drawn_at = (tmp_path / "map" / "roads.geojson").stat().st_mtime_ns
    second = library.load_roads(tmp_path, None)
    assert (second.nodes, second.edges, second.roads) == (first.nodes, first.edges, first.roads)
    assert (tmp_path / "map" / "roads.geojson").stat().st_mtime_ns == drawn_at


def test_other_roads_replace_the_map(tmp_path: Path) -> None:
    library.load_roads(tmp_path, None)
    extract = tmp_path / "small.osm"
    extract.write_text(EXTRACT, encoding="utf-8")
    network = library.load_roads(tmp_path, extract)
    assert len(network.nodes) == 3
    assert "OpenStreetMap" in (tmp_path / "map" / "bounds.json").read_text(encoding="utf-8")
    library.load_roads(tmp_path, None)
    assert "OpenStreetMap" not in (tmp_path / "map" / "bounds.json").read_text(encoding="utf-8")


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    library.load_roads(tmp_path, None)
    (cache,) = (tmp_path / "cache").iterdir()
    cache.write_bytes(b"\x93nonsense")
    assert library.load_roads(tmp_path, None).nodes
