"""Roads as GeoJSON, for the map under the vans."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from kolonne.simulator.roads.build import Way
from kolonne.simulator.roads.geometry import simplified
from kolonne.simulator.roads.network import RoadNetwork

TOLERANCE_M = 1.5
DECIMALS = 5
"""Of a degree: about a metre, less than a line's width at any zoom that shows streets."""


def feature_collection(ways: Iterable[Way]) -> bytes:
    """One line per way with `name`, `class` and `tunnel`."""
    return msgspec.json.encode({"type": "FeatureCollection", "features": [_feature(way) for way in ways]})


def bounds(network: RoadNetwork, source: str) -> bytes:
    """Where the roads are ([west, south, east, north]), whose they are, and of which extract the files were made."""
    return msgspec.json.encode(
        {
            "bbox": [round(degree, DECIMALS) for degree in network.bounds],
            "attribution": network.attribution,
            "source": source,
        }
    )


def write_map(folder: Path, ways: Sequence[Way], network: RoadNetwork, source: str) -> None:
    """`roads.geojson`, then `bounds.json`: a reader that finds new bounds finds the new roads."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("roads.geojson", feature_collection(ways)), ("bounds.json", bounds(network, source))):
        fresh = folder / f".{name}.new"
        fresh.write_bytes(content)
        fresh.replace(folder / name)


def _feature(way: Way) -> dict[str, object]:
    line = [[round(lon, DECIMALS), round(lat, DECIMALS)] for lat, lon in simplified(way.points, TOLERANCE_M)]
    properties: dict[str, object] = {"class": way.road.kind}
    if way.road.name:
        properties["name"] = way.road.name
    if way.road.tunnel:
        properties["tunnel"] = True
    return {"type": "Feature", "properties": properties, "geometry": {"type": "LineString", "coordinates": line}}
