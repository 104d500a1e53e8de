"""What runs on this data directory, as its supervisor wrote it and as it looks from outside."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from kolonne.config import Config, ConfigError
from kolonne.supervisor import ports
from kolonne.supervisor.processes import State


@dataclass(frozen=True)
class ProgramStatus:
    """One program. `is_well`: it lives, and answers if it can be asked."""

    name: str
    pid: int | None
    state: str
    since: str
    restarts: int
    address: str
    is_well: bool


@dataclass(frozen=True)
class Status:
    """All programs of a data directory; `supervisor` is None when nothing runs."""

    supervisor: int | None
    is_ready: bool
    programs: list[ProgramStatus]
    portal: str = ""
    mqtt: str = ""

    @property
    def is_well(self) -> bool:
        return self.supervisor is not None and self.is_ready and all(program.is_well for program in self.programs)


def read(config: Config) -> Status:
    """Asks every program that has an address whether it answers. Never raises: no file means nothing runs."""
    try:
        written = json.loads((config.data / "status.json").read_text(encoding="utf-8"))
        endpoints = config.endpoints()
    except (OSError, ValueError, ConfigError):
        return Status(None, is_ready=False, programs=[])
    supervisor = written["supervisor"]["pid"]
    if not is_supervisor(config, supervisor):
        return Status(None, is_ready=False, programs=[])
    programs = [_program(entry) for entry in written["programs"]]
    return Status(supervisor, written["ready"], programs, portal=endpoints.portal, mqtt=endpoints.mqtt)


def is_supervisor(config: Config, pid: int) -> bool:
    """Whether this process holds the data directory; its number may belong to somebody else by now."""
    try:
        holder = (config.data / "lock").read_text(encoding="ascii").strip()
        return holder == str(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except (OSError, psutil.Error):
        return False


def as_dict(status: Status) -> dict[str, Any]:
    return {**asdict(status), "is_well": status.is_well}


def as_text(status: Status) -> str:
    """A table for people."""
    if status.supervisor is None:
        return "nothing runs on this data directory: start it with `kolonne up`"
    lines = [f"{'PROGRAM':<12}{'PID':>8}  {'STATE':<14}{'RESTARTS':>8}  {'SINCE':<24}  ADDRESS"]
    for program in status.programs:
        numbers = f"{program.pid or '-':>8}  {program.state:<14}{program.restarts:>8}"
        lines.append(f"{program.name:<12}{numbers}  {program.since[:19]:<24}  {program.address}")
    lines.append(f"portal {status.portal}, modules connect to {status.mqtt}")
    return "\n".join(lines)


def _program(entry: dict[str, Any]) -> ProgramStatus:
    pid, address = entry["pid"], entry["address"]
    lives = pid is not None and psutil.pid_exists(pid) and entry["state"] == State.RUNNING
    well = lives and (not address or ports.answers(*ports.split(address)))
    keys = ("name", "state", "since", "restarts")
    return ProgramStatus(pid=pid, address=address, is_well=well, **{key: entry[key] for key in keys})
