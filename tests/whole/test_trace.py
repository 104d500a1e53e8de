"""VH-08, NF-05: a recording of a real vehicle arrives whole, with the values that stand in the file."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.whole.conftest import Enrolled, World

RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "ev_twizy"
SIGNALS = {"soc": "Soc", "speed": "Speed", "lat": "LAT", "lon": "LON", "altitude": "ALT"}


def usable_rows(recording: Path) -> list[tuple[datetime, dict[str, float]]]:
    """What should arrive; read by nobody but this function. A row at latitude or longitude 0 has no position."""
    rows = []
    with recording.open(newline="") as file:
        for row in csv.DictReader(file):
            try:
                at = datetime.strptime(f"{row['Date']} {row['Time']}", "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
            except ValueError:
                continue
            values = {name: float(row[column]) for name, column in SIGNALS.items()}
            if 0 in (values["lat"], values["lon"]):
                del values["lat"], values["lon"]
            rows.append((at, values))
    return rows


def stored_points(van: Enrolled) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {"signals": ",".join(SIGNALS), "limit": "2000"} | ({"cursor": cursor} if cursor else {})
        page = van.api.get(f"/vehicles/{van.vin}/history", params=query).raise_for_status().json()
        points += page["points"]
        cursor = page["next"]
        if cursor is None:
            return points


def made_up(folder: Path) -> Path:
    """A recording of ours in the same form: an hour, with a wrong date and rows without a position in it."""
    lines = ["Date,Time,Soc,Speed,Mode,LAT,LON,ALT,GpsSpeed,Temperature"]
    for second in range(3600):
        date = "90/02/2032" if second == 1200 else "03/29/2021"
        lat = 0.0 if 1800 <= second < 1900 else 59.9 + second / 100_000
        clock = f"{10 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        lines.append(f"{date},{clock},{90 - second / 100},{second % 70 + 0.25},D,{lat:.6f},10.75,{second % 40},1.5,20")
    recording = folder / "made-up.csv"
    recording.write_text("\n".join(lines) + "\n")
    return recording


def test_a_recording_of_ours_arrives_whole(world: World) -> None:
    assert arrives_whole(world, made_up(world.folder)) == 3599


@pytest.mark.parametrize("name", ["T1_03_29_2021.csv", "T1_06_30_2021_2.csv"])
def test_a_real_recording_arrives_whole(world: World, name: str) -> None:
    recording = RECORDINGS / name
    if not recording.exists():
        pytest.skip("the recordings do not lie beside this checkout")
    assert arrives_whole(world, recording) > 5000


def arrives_whole(world: World, recording: Path) -> int:
    """Plays it and compares every point with the file; how many there were."""
    van = world.enrol("vehicle-supervision")
    world.run("vehicle", "since", van.vin, "2021-01-01")
    store = world.folder / f"{van.serial}.db"
    play = world.command(
        "module",
        "--enrolment",
        str(van.enrolment),
        "--source",
        "trace",
        "--file",
        str(recording),
        "--store",
        str(store),
    )
    _, err = play.communicate(timeout=120)
    assert play.returncode == 0, err
    expected, points = usable_rows(recording), stored_points(van)
    assert len(points) == len(expected)
    for (at, values), point in zip(expected, points, strict=True):
        assert datetime.fromisoformat(point["time"]) == at
        assert point["signals"] == values
    return len(points)
