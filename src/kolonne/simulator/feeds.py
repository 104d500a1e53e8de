"""The simulator's sources for `kolonne module`: `--source roads` and `--source scenario`."""

from kolonne.module.errors import SourceError
from kolonne.module.sources import Feed, SourceOptions, needed_file
from kolonne.simulator.errors import SimulatorError
from kolonne.simulator.fleet import Fleet, FleetVan, populate
from kolonne.simulator.roads import osm, town
from kolonne.simulator.roads.build import build
from kolonne.simulator.scenario import Scripted, read_scenario
from kolonne.simulator.source import LivingVan, now_ms
from kolonne.simulator.van.state import Character
from kolonne.simulator.world import load_world

MODEL = "e-van-l3"


def open_roads(options: SourceOptions) -> Feed:
    """One electric van on tour; `--file` is an OpenStreetMap extract, without it the invented town is driven."""
    try:
        ways = osm.read(options.file) if options.file else town.ways()
        network = build(ways, osm.ATTRIBUTION if options.file else town.ATTRIBUTION)
    except SimulatorError as error:
        raise SourceError(f"--source roads: {error}") from error
    one = FleetVan(options.serial, "", load_world().models[MODEL], Character("tour", level=82))
    living = LivingVan(populate(Fleet([one]), network, now_ms())[options.serial])
    return Feed(living, living)


def open_scenario(options: SourceOptions) -> Feed:
    """A scripted van: `--file` is a scenario, as `scenario` describes it."""
    path = needed_file(options, "scenario", "a scenario (.yaml or .toml) with steps")
    try:
        script = Scripted(read_scenario(path), path.name, realtime=options.realtime)
    except SimulatorError as error:
        raise SourceError(f"--source scenario: {error}") from error
    return Feed(script, script)
