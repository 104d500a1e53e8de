"""Where readings come from, and what a van can do.

A source is any asynchronous iterable of readings: an endless one for a living van, one that ends for a recording.
Programs above this package add their own with `register`, so that `kolonne module --source roads` finds them.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from kolonne.module.errors import SourceError
from kolonne.wire.signals import Value


class Reading(NamedTuple):
    """What the van said at one moment (milliseconds since 1970, by the vehicle's clock)."""

    t_ms: int
    signals: Mapping[str, Value]
    """By short name, in VSS units. Unknown names and impossible values are left out and counted by the agent."""
    mark: str = ""
    """Where the source was: kept in the same transaction as the point, handed to `Recorded.resume` after a crash."""


class Source(Protocol):
    """Readings of one van, oldest first."""

    def __aiter__(self) -> AsyncIterator[Reading]: ...


@runtime_checkable
class Recorded(Protocol):
    """A source that ends. It waits for the first profile and for room in the store, so that no row is lost."""

    skipped: int
    """Rows that could not be read so far; each was logged with line, field and reason."""

    def __aiter__(self) -> AsyncIterator[Reading]: ...

    def resume(self, mark: str) -> None:
        """Begin behind the reading that carried `mark`; a mark of another recording is ignored."""


@dataclass(frozen=True)
class Outcome:
    """What became of an order: `done`, or `failed` with a code from `wire.commands.REASONS`."""

    outcome: Literal["done", "failed"]
    reason: str = ""
    state: dict[str, Value] = field(default_factory=dict)
    """Signals that tell the new state, for example `{"locked": True}`."""


class Van(Protocol):
    """The actuators of a van."""

    @property
    def capabilities(self) -> frozenset[str]:
        """Names of the commands (`wire.commands.KINDS`) that this van can carry out."""

    @property
    def moving(self) -> bool | None:
        """Whether the wheels turn; None when nobody knows, which forbids what needs a standstill."""

    async def execute(self, command: str, args: Mapping[str, Value]) -> Outcome:
        """Carries out a command that was already verified. An exception counts as `failed`, `actuator`."""


class PassiveVan:
    """A van that can only be listened to: a recording, a receiver, a read-only bus."""

    capabilities: frozenset[str] = frozenset()
    moving: bool | None = None

    async def execute(self, command: str, args: Mapping[str, Value]) -> Outcome:
        return Outcome("failed", "actuator")


@dataclass(frozen=True)
class SourceOptions:
    """What the command line says about the source; each source takes what it understands."""

    file: Path | None = None
    """Recording, device, table of signals, road extract or scenario."""
    realtime: bool = False
    """Pace a recording by its own intervals, instead of as fast as the platform takes it."""
    rebase: bool = False
    """Shift recorded times to now: the first reading when paced, else the last."""
    timezone: str = "UTC"
    """Of recorded local times without a zone."""
    device: str = ""
    """Serial device or CAN interface."""
    serial: str = ""
    """Of this module; a simulated van takes its seed from it."""


class Feed(NamedTuple):
    """A source together with the van that it listens to."""

    source: Source
    van: Van


Factory = Callable[[SourceOptions], Feed]

_factories: dict[str, str] = {}


def register(name: str, factory: str) -> None:
    """Adds a source. `factory` is `module:function`, imported only when the source is chosen: memory is scarce."""
    _factories[name] = factory


register("trace", "kolonne.module.sources.trace:open_trace")
register("gnss", "kolonne.module.sources.gnss:open_gnss")
register("can", "kolonne.module.sources.socketcan:open_can")


def names() -> list[str]:
    return sorted(_factories)


def open_source(name: str, options: SourceOptions) -> Feed:
    """The chosen source. Raises SourceError when there is none of this name or it cannot start."""
    if name not in _factories:
        raise SourceError(f"--source {name}: not a source, choose one of {', '.join(names())}")
    module, function = _factories[name].split(":")
    factory: Factory = getattr(import_module(module), function)
    return factory(options)


def needed_file(options: SourceOptions, source: str, what: str) -> Path:
    """The file that a source cannot do without. Raises SourceError."""
    if options.file is None:
        raise SourceError(f"--source {source} needs --file: {what}")
    if not options.file.is_file():
        raise SourceError(f"--file {options.file}: there is no such file")
    return options.file
