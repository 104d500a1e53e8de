"""`kolonne simulate`: the communication modules of a whole fleet in one process, each with its own store."""

import asyncio
import logging
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import structlog

from kolonne import config
from kolonne.config import Config
from kolonne.module.agent import Agent, AgentSettings
from kolonne.module.errors import ModuleError
from kolonne.module.mqtt import Broker, connect
from kolonne.simulator import memory
from kolonne.simulator.errors import SimulatorError
from kolonne.simulator.fleet import Fleet, FleetVan, populate, read_fleet
from kolonne.simulator.radio import Radio
from kolonne.simulator.roads.library import fingerprint, load_roads
from kolonne.simulator.source import LivingVan, now_ms
from kolonne.simulator.van.simulated import SimulatedVan

log = structlog.get_logger()

HISTORY_MS = 30 * 60_000
"""How far back the vans' life begins when they are started, so that trails and durations are there at once."""
RESTART_S = 5.0
LAST_WORDS_MS = 60_000
"""A van without network tells its past first: in truth it did so when there was one."""


@click.command()
@click.option(
    "--fleet",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Who drives, with serials and secrets. Default: demo/fleet.json in the data directory.",
)
def simulate(path: Path | None) -> None:
    """Run the vans of a fleet file: real modules, simulated vans, real roads."""
    configuration = config.load()
    logging.basicConfig(level=configuration.log_level, format="%(levelname)s %(message)s")
    # Dead spots are the point of some vans: losing the network is no news here.
    logging.getLogger("kolonne.module.agent").setLevel(max(logging.ERROR, logging.root.level))
    try:
        fleet = read_fleet(path or configuration.data / "demo" / "fleet.json")
        asyncio.run(run_fleet(configuration, fleet))
    except (SimulatorError, ModuleError) as error:
        raise click.ClickException(str(error)) from error


async def run_fleet(configuration: Config, fleet: Fleet) -> None:
    """Until SIGINT or SIGTERM. What the vans remember is kept in `demo/vans.json`."""
    extract = Path(fleet.roads) if fleet.roads else None
    network = load_roads(configuration.data, extract)
    folder = configuration.data / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    keeper = Keeper(folder / "vans.json", fingerprint(extract))
    vans = populate(fleet, network, keeper.begin_ms(now_ms()), keeper.recalled.vans)
    log.info("fleet begins", vans=len(vans), junctions=len(network.nodes))
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with asyncio.TaskGroup() as tasks:
        work = [tasks.create_task(_module(configuration, folder, van, vans[van.serial])) for van in fleet.vans]
        work.append(tasks.create_task(keeper.keep(vans)))
        await stopping.wait()
        for task in work:
            task.cancel()
    keeper.save(vans, is_last_word=True)


class Keeper:
    """Carries the vans' past from one run to the next."""

    def __init__(self, path: Path, roads: str) -> None:
        self._path = path
        self._roads = roads
        self.recalled = memory.recall(path, roads)

    def begin_ms(self, now: int) -> int:
        """When the vans go on living: where they were left off, but not long ago."""
        return min(now, max(self.recalled.saved_ms, now - HISTORY_MS))

    async def keep(self, vans: dict[str, SimulatedVan]) -> None:
        while True:
            await asyncio.sleep(memory.SAVE_EVERY_S)
            self.save(vans)

    def save(self, vans: dict[str, SimulatedVan], *, is_last_word: bool = False) -> None:
        latest = max((van.now_ms for van in vans.values()), default=0)
        try:
            memory.remember(self._path, self._roads, vans, latest, is_last_word=is_last_word)
        except OSError as error:
            log.warning("vans cannot be remembered", reason=error.strerror)


async def _module(configuration: Config, folder: Path, entry: FleetVan, van: SimulatedVan) -> None:
    """One van's module for ever; what goes wrong in one costs that one five seconds."""
    host, _, port = configuration.endpoints().mqtt.rpartition(":")
    broker = Broker(host.strip("[]"), int(port), entry.secret)
    radio = Radio(partial(connect, broker, entry.serial))
    settings = AgentSettings(
        serial=entry.serial,
        command_key=bytes.fromhex(configuration.secret("signer-public")),
        store=folder / "stores" / f"{entry.serial}.sqlite",
    )
    settings.store.parent.mkdir(mode=0o700, exist_ok=True)
    living = LivingVan(van, ready=radio.heard_profile, watch=_coverage(radio, now_ms()))
    while True:
        try:
            await Agent(settings, living, living, connect=radio.connect).run()
        except* ModuleError as group:
            log.error("module fails", serial=entry.serial, reason=str(group.exceptions[0]))
        await asyncio.sleep(RESTART_S)


def _coverage(radio: Radio, began_ms: int) -> Callable[[SimulatedVan], None]:
    """Turns the radio off where there is no network, and on again behind it."""

    def watch(van: SimulatedVan) -> None:
        is_buried = van.is_mute and van.now_ms - began_ms > LAST_WORDS_MS
        radio.turn(on=van.is_reachable and not is_buried)

    return watch
