"""What `kolonne demo` decides before it starts anything."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from kolonne import config
from kolonne.config import Endpoints
from kolonne.simulator.roads.network import RoadNetwork
from kolonne.simulator.world import load_world
from kolonne.supervisor import demo
from kolonne.supervisor.demo_people import Persona
from kolonne.supervisor.errors import StartError


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    before = dict(os.environ)
    for name in before:
        if name.startswith("KOLONNE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("clean_environment")
def test_ports_that_somebody_else_has_are_replaced_by_free_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        settings = config.load({"KOLONNE_PORT": str(taken), "KOLONNE_MQTT_PORT": "0", "KOLONNE_NATS_PORT": "0"})
        assert list(demo._occupied_defaults(settings)) == ["KOLONNE_PORT"]
        monkeypatch.setenv("KOLONNE_PORT", str(taken))
        assert list(demo._occupied_defaults(settings)) == [], "who chose a port wants to hear that it is taken"


@pytest.mark.usefixtures("clean_environment")
def test_programs_are_told_that_this_is_a_demonstration_and_where_its_data_is(tmp_path: Path) -> None:
    extract = tmp_path / "town.osm.pbf"
    extract.touch()
    settings = demo._demonstration_config(extract)
    assert settings.demo
    assert settings.roads == str(extract)
    assert os.environ["KOLONNE_DEMO"] == "1"
    assert os.environ["KOLONNE_DATA"] == str(settings.data)
    assert settings.data.name in {"demo", "kolonne-demo"}
    with pytest.raises(StartError, match="no such file"):
        demo._demonstration_config(tmp_path / "none.osm.pbf")


def test_the_greeting_has_a_link_for_everybody() -> None:
    people = [Persona("Ingrid Strand", "Fjordbud AS", ("Company administrator",), "/dev/sign-in/abc/")]
    network: Future[RoadNetwork] = Future()
    text = "\n".join(
        demo.Demonstration(load_world(), network, people).greeting(
            config.load({}), Endpoints("127.0.0.1", 1, "kolonne", "nats://x:2", "127.0.0.1:3", "http://127.0.0.1:4")
        )
    )
    assert "http://localhost:4/dev/sign-in/abc/" in text
    assert "Ingrid Strand  Company administrator, Fjordbud AS" in text
