"""`kolonne demo`: the platform with invented organisations, their people and thirty vans that drive."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kolonne import config as settings
from kolonne.config import Config, Endpoints
from kolonne.simulator.errors import SimulatorError
from kolonne.simulator.roads.library import load_roads
from kolonne.simulator.roads.network import RoadNetwork
from kolonne.simulator.world import World, load_world
from kolonne.supervisor import files, ports
from kolonne.supervisor.errors import StartError
from kolonne.supervisor.up import kolonne_program, run_platform

if TYPE_CHECKING:
    from kolonne.supervisor.demo_people import Persona

PORTS = ("PORT", "MQTT_PORT", "NATS_PORT")


@click.command()
@click.option(
    "--roads",
    type=click.Path(dir_okay=False, path_type=Path),
    help="An OpenStreetMap extract (.osm.pbf) to drive on. Default: a small town of our own making.",
)
@click.option("--verbose", is_flag=True, help="Show what the programs log, too.")
def demo(*, roads: Path | None, verbose: bool) -> None:
    """Run the platform with a demonstration fleet until Ctrl-C.

    Everything is kept in KOLONNE_DATA, by default `.kolonne/demo` here, or `/var/lib/kolonne-demo` for root; a second
    start continues. Never use it for real vans: whoever reaches the portal can be anybody.
    """
    config = _demonstration_config(roads)
    files.make_data_directory(config.data)
    with ThreadPoolExecutor(1, thread_name_prefix="roads") as threads:
        # Large extracts take a while, and so do the first tables: both at once.
        network = threads.submit(load_roads, config.data, Path(config.roads) if config.roads else None)
        demonstration = Demonstration(_world(), network)
        run_platform(
            config,
            extra_programs=[kolonne_program(config, "fleet", "simulate")],
            after_migrate=demonstration.seed,
            on_ready=demonstration.greeting,
            quiet=not verbose,
        )


@dataclass
class Demonstration:
    """One run of the demonstration."""

    world: World
    network: "Future[RoadNetwork]"
    personas: "list[Persona]" = field(default_factory=list)

    def seed(self, config: Config) -> None:
        """Makes people, vans and the map, if they are not there. Raises StartError when the roads cannot be used."""
        from kolonne.portal.site.programs import setup_django  # noqa: PLC0415  # Django needs the database's address

        setup_django(role="kolonne_app")
        from kolonne.supervisor.demo_world import make_world  # noqa: PLC0415

        self.personas = make_world(self.world, config.data / "demo" / "fleet.json", config.roads)
        try:
            self.network.result()
        except SimulatorError as error:
            raise StartError(str(error)) from error

    def greeting(self, config: Config, endpoints: Endpoints) -> Iterable[str]:
        """Addresses, and one link per person."""
        # By its name: browsers make no passkeys for an address of numbers.
        portal = config.public_url or endpoints.portal.replace("//127.0.0.1:", "//localhost:")
        yield f"Demonstration: {portal}   (modules connect by MQTT to {endpoints.mqtt})"
        yield f"Data: {config.data}"
        yield "Sign in with one click as"
        width = max((len(persona.name) for persona in self.personas), default=0)
        for persona in self.personas:
            yield f"  {persona.name:<{width}}  {', '.join((*persona.roles, persona.company or 'private'))}"
            yield f"  {'':<{width}}  {portal}{persona.path}"
        yield "Ctrl-C stops; the next start continues."


def _demonstration_config(roads: Path | None) -> Config:
    """Settings of this process and, through the environment, of all programs that it starts."""
    os.environ["KOLONNE_DEMO"] = "1"
    os.environ.setdefault("KOLONNE_DATA", str(_default_data()))
    if roads is not None:
        os.environ["KOLONNE_ROADS"] = str(roads.resolve())
    os.environ.update(dict.fromkeys(_occupied_defaults(settings.load()), "0"))
    config = settings.load()
    if config.roads and not Path(config.roads).is_file():
        raise StartError(f"--roads {config.roads}: there is no such file, give an OpenStreetMap extract (.osm.pbf)")
    return config


def _default_data() -> Path:
    """Root's data lies where the system user that PostgreSQL runs as then may pass."""
    return Path("/var/lib/kolonne-demo") if os.geteuid() == 0 else Path.cwd() / ".kolonne" / "demo"


def _occupied_defaults(config: Config) -> Iterator[str]:
    """Settings of ports that nobody chose and somebody else has: a demonstration takes free ones instead."""
    for name in PORTS:
        variable = settings.PREFIX + name
        port = int(getattr(config, name.lower()))
        if variable not in os.environ and port and not ports.is_free(config.host, port):
            yield variable


def _world() -> World:
    try:
        return load_world()
    except SimulatorError as error:
        raise StartError(str(error)) from error
