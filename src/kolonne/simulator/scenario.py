"""A scripted van: a YAML or TOML file says which readings it has at which time, and how it answers orders.

    start: 2026-01-05T08:00:00+01:00   # optional; otherwise the scenario begins now
    signals: {lat: 59.91, lon: 10.75, locked: true}   # optional: told with the first step
    steps:
      - {at: 0, signals: {ignition: "ON", speed: 0}}
      - {at: 2.5, signals: {speed: 31.4, moving: true}}
      - {at: 3, signals: {speed: 40}, repeat: 10, every: 1}   # ten readings, a second apart
    answers:                            # optional: commands that it can carry out
      lock: {after: 0.4, state: {locked: true}}
      climate_start: {after: 1, outcome: failed, reason: door_open}

`at` and `every` are seconds since the start; steps are in order. Signals are those of the catalogue, in its units.
"""

import asyncio
import time
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

from kolonne.module.sources import Outcome, Reading
from kolonne.simulator.errors import ScenarioError
from kolonne.simulator.world import explained
from kolonne.wire.commands import KINDS, REASONS
from kolonne.wire.signals import Value, catalogue

Seconds = Annotated[float, msgspec.Meta(ge=0, le=31_536_000)]


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Readings at one moment, or at `repeat` moments that are `every` seconds apart."""

    at: Seconds
    signals: Annotated[dict[str, Value], msgspec.Meta(min_length=1)]
    repeat: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    every: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 1.0

    @property
    def end(self) -> float:
        return self.at + (self.repeat - 1) * self.every


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a command."""

    after: Seconds = 0.5
    outcome: Literal["done", "failed"] = "done"
    reason: str = ""
    state: dict[str, Value] = {}


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    steps: Annotated[list[Step], msgspec.Meta(min_length=1)]
    start: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    signals: dict[str, Value] = {}
    answers: dict[str, Answer] = {}

    def readings(self, start_ms: int) -> Iterator[tuple[int, dict[str, Value]]]:
        """(t_ms, signals) in order of time."""
        first: dict[str, Value] = dict(self.signals)
        for step in self.steps:
            for turn in range(step.repeat):
                yield start_ms + round((step.at + turn * step.every) * 1000), first | step.signals
                first = {}


def read_scenario(path: Path) -> Scenario:
    """Raises ScenarioError: file, field, value and remedy."""
    try:
        text = path.read_text(encoding="utf-8")
        raw: Any = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read ({error.strerror}): give an existing file") from error
    except (yaml.YAMLError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} is neither YAML nor TOML: {error}") from error
    try:
        scenario = msgspec.convert(raw, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{path}: {explained(error, raw)}") from error
    for complaint in _complaints(scenario):
        raise ScenarioError(f"{path}: {complaint}")
    return scenario


class Scripted:
    """A scenario as source and van. It ends with its last step, and goes on behind a mark after a crash."""

    def __init__(self, scenario: Scenario, name: str, *, realtime: bool = False) -> None:
        self.scenario = scenario
        self.skipped = 0
        self.moving: bool | None = False
        self._name = name
        self._realtime = realtime
        self._done = 0

    @property
    def capabilities(self) -> frozenset[str]:
        return frozenset(self.scenario.answers)

    def resume(self, mark: str) -> None:
        name, _, done = mark.rpartition("#")
        self._done = int(done) if name == self._name and done.isdecimal() else 0

    async def execute(self, command: str, args: Mapping[str, Value]) -> Outcome:
        answer = self.scenario.answers[command]
        await asyncio.sleep(answer.after)
        return Outcome(answer.outcome, answer.reason, dict(answer.state))

    async def __aiter__(self) -> AsyncIterator[Reading]:
        began_ms = time.time_ns() // 1_000_000
        start_ms = round(self.scenario.start.timestamp() * 1000) if self.scenario.start else began_ms
        for number, (t_ms, signals) in enumerate(self.scenario.readings(start_ms), start=1):
            if number <= self._done:
                continue
            if self._realtime:
                due_s = (t_ms - start_ms - (time.time_ns() // 1_000_000 - began_ms)) / 1000
                await asyncio.sleep(max(0.0, due_s))
            if "moving" in signals:
                self.moving = signals["moving"] is True
            yield Reading(t_ms, signals, f"{self._name}#{number}")


def _complaints(scenario: Scenario) -> Iterator[str]:
    """What the shapes alone cannot tell."""
    yield from _signal_complaints("signals", scenario.signals)
    for number, step in enumerate(scenario.steps, start=1):
        yield from _signal_complaints(f"step {number}, signals", step.signals)
    for number, (before, after) in enumerate(pairwise(scenario.steps), start=2):
        if after.at <= before.end:
            yield f"step {number}, at {after.at:g}: not after {before.end:g}, put the steps in order of time"
    for command, answer in scenario.answers.items():
        if command not in KINDS:
            yield f"answers, {command}: not a command, use one of {', '.join(KINDS)}"
        if answer.outcome == "failed" and answer.reason not in REASONS:
            yield f"answers, {command}, reason {answer.reason!r}: use one of {', '.join(REASONS)}"
        yield from _signal_complaints(f"answers, {command}, state", answer.state)


def _signal_complaints(where: str, signals: Mapping[str, Value]) -> Iterator[str]:
    for name, value in signals.items():
        signal = catalogue().get(name)
        if signal is None:
            yield f"{where}, {name}: not a signal, use a short name of the signal catalogue"
        elif complaint := signal.complaint(value):
            yield f"{where}, {name} {value!r}: {complaint}" + (f" ({signal.unit})" if signal.unit else "")
