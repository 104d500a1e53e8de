"""The roads under the vans on the map: drawn from the extract that KOLONNE_ROADS names."""

from pathlib import Path

from kolonne.config import Config
from kolonne.supervisor.errors import StartError


def draw(config: Config) -> None:
    """Prepares the map's files if an extract is named and they are not made of it yet. Raises StartError."""
    if not config.roads:
        return
    from kolonne.simulator.errors import RoadsError  # noqa: PLC0415  # reading extracts needs a large library
    from kolonne.simulator.roads.library import load_roads  # noqa: PLC0415

    try:
        load_roads(config.data, Path(config.roads))
    except RoadsError as error:
        raise StartError(f"KOLONNE_ROADS cannot be used: {error}") from error
