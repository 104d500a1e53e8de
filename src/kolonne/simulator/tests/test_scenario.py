"""Scripted vans: what is written is told, and mistakes name field, value and remedy (NF-04)."""

import asyncio
import time
from pathlib import Path

import pytest

from kolonne.module.sources import Reading, Recorded, SourceOptions
from kolonne.simulator.errors import ScenarioError
from kolonne.simulator.feeds import open_scenario
from kolonne.simulator.scenario import Scripted, read_scenario

GOOD = """
start: 2026-01-05T08:00:00+01:00
signals: {lat: 59.91, lon: 10.75, locked: true}
steps:
  - {at: 0, signals: {ignition: "ON", speed: 0}}
  - {at: 2.5, signals: {speed: 31.4, moving: true}}
  - {at: 3, signals: {speed: 40}, repeat: 3, every: 0.5}
answers:
  lock: {after: 0.01, state: {locked: true}}
  climate_start: {after: 0, outcome: failed, reason: door_open}
"""
START_MS = 1_767_596_400_000


def written(folder: Path, text: str, name: str = "trip.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


async def told(script: Scripted) -> list[Reading]:
    return [reading async for reading in script]


async def test_a_scenario_is_told_step_by_step(tmp_path: Path) -> None:
    script = Scripted(read_scenario(written(tmp_path, GOOD)), "trip.yaml")
    readings = await told(script)
    assert [(reading.t_ms - START_MS, dict(reading.signals)) for reading in readings] == [
        (0, {"lat": 59.91, "lon": 10.75, "locked": True, "ignition": "ON", "speed": 0}),
        (2500, {"speed": 31.4, "moving": True}),
        (3000, {"speed": 40}),
        (3500, {"speed": 40}),
        (4000, {"speed": 40}),
    ]
    assert script.moving is True
    assert isinstance(script, Recorded)


async def test_after_a_crash_it_goes_on_behind_its_mark(tmp_path: Path) -> None:
    readings = await told(Scripted(read_scenario(written(tmp_path, GOOD)), "trip.yaml"))
    script = Scripted(read_scenario(tmp_path / "trip.yaml"), "trip.yaml")
    script.resume(readings[1].mark)
    assert await told(script) == readings[2:]
    script.resume("other.yaml#4")
    assert await told(script) == readings


async def test_orders_are_answered_as_written(tmp_path: Path) -> None:
    script = Scripted(read_scenario(written(tmp_path, GOOD)), "trip.yaml")
    assert script.capabilities == {"lock", "climate_start"}
    assert (await script.execute("lock", {})).state == {"locked": True}
    assert (await script.execute("climate_start", {})).reason == "door_open"


async def test_in_real_time_the_steps_come_when_they_are_due(tmp_path: Path) -> None:
    text = "steps: [{at: 0, signals: {speed: 1}}, {at: 0.3, signals: {speed: 2}}]"
    script = Scripted(read_scenario(written(tmp_path, text)), "trip.yaml", realtime=True)
    began = time.monotonic()
    async with asyncio.timeout(5):
        readings = await told(script)
    assert 0.28 < time.monotonic() - began < 3
    assert abs(readings[0].t_ms - time.time() * 1000) < 5000


def test_toml_is_read_too(tmp_path: Path) -> None:
    text = "[[steps]]\nat = 1\n[steps.signals]\nspeed = 12.5\nlocked = true\n"
    scenario = read_scenario(written(tmp_path, text, "trip.toml"))
    assert scenario.steps[0].signals == {"speed": 12.5, "locked": True}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("speed: 31.4", "speed: 931.4", r"step 2, signals, speed 931\.4: above 400 \(km/h\)"),
        ("speed: 31.4", "spede: 31.4", "spede: not a signal"),
        ("at: 2.5", "at: -1", r"steps\[1\]\.at.*found -1"),
        ("at: 2.5", "at: soon", "found 'soon'"),
        ("{at: 3,", "{at: 2,", "step 3, at 2: not after 2.5"),
        ("repeat: 3", "repeat: 0", "found 0"),
        ("  lock:", "  fly:", "fly: not a command"),
        ("reason: door_open", "reason: tired", "'tired'"),
        ("state: {locked: true}", "state: {locked: 3}", "expected true or false"),
        ("+01:00", "", "timezone"),
        ("steps:", "stages:", "stages"),
        ("signals: {lat", "signals: {{lat", "neither YAML nor TOML"),
        ('ignition: "ON"', "ignition: ON", "ignition"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in GOOD
    with pytest.raises(ScenarioError, match=named):
        read_scenario(written(tmp_path, GOOD.replace(old, new, 1)))


def test_a_missing_scenario_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.yaml"):
        read_scenario(tmp_path / "none.yaml")


def test_a_module_can_play_a_scenario(tmp_path: Path) -> None:
    feed = open_scenario(SourceOptions(file=written(tmp_path, GOOD)))
    assert feed.van.capabilities == {"lock", "climate_start"}
