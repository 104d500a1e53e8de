"""`kolonne demo`: from nothing to vans that move on the map, again after a restart, and on other roads."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kolonne.supervisor.child import die_with_parent

MOVING_WITHIN_S = 60.0
"""After installation; promised for a machine that does nothing else."""
PATIENCE_S = 240.0
LINK = re.compile(r"http://\S+/dev/sign-in/\S+")
EXTRACT = """<osm version="0.6">
<node id="1" lat="59.90" lon="10.70" version="1"/><node id="2" lat="59.91" lon="10.70" version="1"/>
<node id="3" lat="59.91" lon="10.72" version="1"/><node id="4" lat="59.90" lon="10.72" version="1"/>
<way id="1" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
 <tag k="highway" v="residential"/><tag k="name" v="Prøvegata"/></way>
<way id="2" version="1"><nd ref="1"/><nd ref="3"/><tag k="highway" v="tertiary"/></way>
</osm>"""


class Demo:
    """One run of `kolonne demo` on a data directory."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.data = folder / "data"
        self.printed = folder / f"printed-{time.monotonic_ns()}.txt"
        self.began = time.monotonic()
        self.clients: list[httpx.Client] = []
        environ = {key: value for key, value in os.environ.items() if not key.startswith("KOLONNE_")}
        environ |= {"KOLONNE_DATA": str(self.data), "KOLONNE_PORT": "0"}
        environ |= {"KOLONNE_MQTT_PORT": "0", "KOLONNE_NATS_PORT": "0"}
        parent = os.getpid()
        with self.printed.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kolonne", "demo", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environ,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent),  # noqa: PLW1509  # one system call
            )

    def text(self) -> str:
        return self.printed.read_text(encoding="utf-8")

    def links(self) -> list[str]:
        """One sign-in per person, once everything runs."""
        self.wait_for(lambda: "the next start continues" in self.text(), PATIENCE_S)
        return LINK.findall(self.text())

    def wait_for(self, condition: Callable[[], Any], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < until, self.text()
            time.sleep(0.2)

    def visitor(self, link: str) -> httpx.Client:
        client = httpx.Client(base_url=link.partition("/dev/")[0], follow_redirects=True, timeout=20)
        self.clients.append(client)
        self.page = client.get(link)
        assert self.page.status_code == 200
        return client

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        self.process.terminate()
        assert self.process.wait(timeout=PATIENCE_S) == 0, self.text()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Reachable for PostgreSQL's user, which pytest's own directories are not."""
    path = Path(tempfile.mkdtemp(prefix="kolonne-demo-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Demo]:
    demo = Demo(folder, *arguments)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.stop()


def snapshot(client: httpx.Client) -> dict[str, Any]:
    return dict(client.get("/api/v1/live/snapshot").raise_for_status().json())


def moved(before: dict[str, Any], after: dict[str, Any]) -> int:
    old, new = values(before, "lat"), values(after, "lat")
    return sum(old[vin] != new[vin] for vin in old)


def values(state: dict[str, Any], signal: str) -> dict[str, Any]:
    """By VIN; vans that did not tell it yet are left out."""
    return {van["vin"]: van["signals"][signal][0] for van in state["vans"] if signal in van["signals"]}


@pytest.mark.timeout(900)
def test_a_demonstration_moves_within_a_minute_continues_and_changes_roads(folder: Path) -> None:
    """FT-01, NF-03, VH-08."""
    with running(folder) as demo:
        links = demo.links()
        assert len(links) == 20  # everybody of the world who gets in
        nordlys, fjordbud = demo.visitor(links[5]), demo.visitor(links[2])
        assert "Demonstration" in demo.page.text
        demo.wait_for(lambda: len(values(snapshot(fjordbud), "lat")) == 18, PATIENCE_S)
        first = snapshot(fjordbud)
        demo.wait_for(lambda: moved(first, snapshot(fjordbud)) >= 5, PATIENCE_S)
        if os.getloadavg()[0] < 2 * (os.cpu_count() or 1):
            assert time.monotonic() - demo.began < MOVING_WITHIN_S
        assert len(snapshot(fjordbud)["vans"]) == 18
        assert len(snapshot(nordlys)["vans"]) == 12
        assert not {van["vin"] for van in snapshot(fjordbud)["vans"]} & {
            van["vin"] for van in snapshot(nordlys)["vans"]
        }
        demo.wait_for(lambda: _tells_every_state(snapshot(fjordbud)), PATIENCE_S)
        before = values(snapshot(fjordbud), "odometer")
        assert (demo.data / "demo" / "fleet.json").stat().st_mode & 0o777 == 0o600

    with running(folder) as demo:
        client = demo.visitor(demo.links()[0])
        demo.wait_for(lambda: _farther(snapshot(client), before), PATIENCE_S)
        after = values(snapshot(client), "odometer")
        assert all(after[vin] >= metres for vin, metres in before.items())

    extract = folder / "small.osm"
    extract.write_text(EXTRACT, encoding="utf-8")
    with running(folder, "--roads", str(extract)) as demo:
        client = demo.visitor(demo.links()[0])
        demo.wait_for(lambda: _drive_in_the_small_extract(snapshot(client)), PATIENCE_S)
        bounds = json.loads((demo.data / "map" / "bounds.json").read_text(encoding="utf-8"))
        assert "OpenStreetMap" in bounds["attribution"]


def _farther(state: dict[str, Any], before: dict[str, float]) -> bool:
    return any(metres > before[vin] for vin, metres in values(state, "odometer").items())


def _tells_every_state(state: dict[str, Any]) -> bool:
    """Somebody moves, charges, is refused, has a door open while parked, and has been silent for long."""
    vans = [van["signals"] for van in state["vans"]]
    assert all("moving" in van for van in vans)
    return all(
        any(test(van) for van in vans)
        for test in (
            lambda van: van["moving"][0],
            lambda van: van.get("charging", [False])[0],
            lambda van: van.get("charge_state", [""])[0] == "REFUSED",
            lambda van: van["tailgate"][0] and state["now"] - van["tailgate"][2] > 600_000,
            lambda van: max(reading[1] for reading in van.values()) < state["now"] - 900_000,
        )
    )


def _drive_in_the_small_extract(state: dict[str, Any]) -> bool:
    moving = [van["signals"] for van in state["vans"] if van["signals"]["moving"][0]]
    return len(moving) > 3 and all(59.89 < van["lat"][0] < 59.92 and 10.69 < van["lon"][0] < 10.73 for van in moving)


def test_roads_that_do_not_exist_stop_the_start_with_a_remedy(folder: Path) -> None:
    """NF-04"""
    with running(folder, "--roads", str(folder / "nowhere.osm.pbf")) as demo:
        assert demo.process.wait(timeout=PATIENCE_S) == 2
        assert "nowhere.osm.pbf" in demo.text()
        assert ".osm.pbf" in demo.text()


def test_a_file_that_is_no_extract_stops_the_start_with_a_remedy(folder: Path) -> None:
    """NF-04"""
    wrong = folder / "wrong.osm.pbf"
    wrong.write_bytes(b"nothing of the kind")
    with running(folder, "--roads", str(wrong)) as demo:
        assert demo.process.wait(timeout=PATIENCE_S) == 2
        assert "no OpenStreetMap extract" in demo.text()
