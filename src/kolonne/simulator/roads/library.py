"""Finds the roads of a data directory: parsed once, kept in a cache, drawn for the map."""

import hashlib
from pathlib import Path

import msgspec
import structlog

from kolonne.simulator.roads import osm, town
from kolonne.simulator.roads.build import Way, build
from kolonne.simulator.roads.geojson import write_map
from kolonne.simulator.roads.network import RoadNetwork

log = structlog.get_logger()
FORMAT = 2
"""Rises when a cached network of before cannot be used any more."""


def load_roads(data: Path, extract: Path | None) -> RoadNetwork:
    """The network of an extract, or of the invented town; prepares cache and map files first if they are not there.

    Raises RoadsError when the extract cannot be used.
    """
    source = fingerprint(extract)
    cache = data / "cache" / f"roads-{source}.msgpack"
    try:
        network = msgspec.msgpack.decode(cache.read_bytes(), type=RoadNetwork)
    except (FileNotFoundError, msgspec.MsgspecError):
        return _prepare(data, extract, cache)
    if not _map_is_of(data, source):
        write_map(data / "map", _ways(extract), network, source)
    return network


def fingerprint(extract: Path | None) -> str:
    """Names roads: changes when the extract is another or was changed."""
    if extract is None:
        return f"town-{FORMAT}-{town.SEED}"
    facts = extract.stat() if extract.exists() else None
    text = f"{extract.resolve()} {facts.st_size} {facts.st_mtime_ns}" if facts else str(extract)
    return f"osm-{FORMAT}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _prepare(data: Path, extract: Path | None, cache: Path) -> RoadNetwork:
    ways = _ways(extract)
    network = build(ways, osm.ATTRIBUTION if extract else town.ATTRIBUTION)
    write_map(data / "map", ways, network, fingerprint(extract))
    cache.parent.mkdir(parents=True, exist_ok=True)
    fresh = cache.with_suffix(".new")
    fresh.write_bytes(msgspec.msgpack.encode(network))
    fresh.replace(cache)
    log.info("roads prepared", junctions=len(network.nodes), edges=len(network.edges))
    return network


def _ways(extract: Path | None) -> list[Way]:
    return osm.read(extract) if extract else town.ways()


def _map_is_of(data: Path, source: str) -> bool:
    try:
        return bool(msgspec.json.decode((data / "map" / "bounds.json").read_bytes())["source"] == source)
    except (FileNotFoundError, msgspec.MsgspecError, KeyError, TypeError):
        return False
