"""KOLONNE_ROADS draws an operator's extract under the vans, demonstration or not (FT-01)."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kolonne import config
from kolonne.config import Config
from kolonne.simulator.roads.tests.test_osm import EXTRACT
from kolonne.supervisor import roads
from kolonne.supervisor.errors import StartError


def settings(data: Path, extract: str) -> Config:
    return replace(config.load({}), data=data, roads=extract)


def test_an_extract_is_drawn_for_the_map(tmp_path: Path) -> None:
    extract = tmp_path / "town.osm"
    extract.write_text(EXTRACT, encoding="utf-8")
    roads.draw(settings(tmp_path / "data", str(extract)))
    drawn = json.loads((tmp_path / "data" / "map" / "roads.geojson").read_text(encoding="utf-8"))
    assert [feature["properties"].get("name") for feature in drawn["features"]] == ["Prøvegata", None]


def test_without_an_extract_nothing_is_drawn(tmp_path: Path) -> None:
    roads.draw(settings(tmp_path, ""))
    assert list(tmp_path.iterdir()) == []


def test_an_extract_that_cannot_be_read_stops_the_start_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"KOLONNE_ROADS.*nothing\.osm\.pbf"):
        roads.draw(settings(tmp_path, str(tmp_path / "nothing.osm.pbf")))
