"""Which port each server takes: the configured one, else the one it had before, else a free one."""

import json
import socket
import time
from dataclasses import asdict
from urllib.parse import urlsplit

from kolonne.config import Config, Endpoints
from kolonne.supervisor import files
from kolonne.supervisor.errors import StartError

LOOPBACK = "127.0.0.1"
PATIENCE_S = 8.0
"""How long a predecessor that is just being stopped may keep its port."""


def choose(config: Config) -> Endpoints:
    """Addresses for this start. Raises StartError when a configured port belongs to somebody else."""
    before = _before(config)
    taken: set[int] = set()

    def pick(name: str, host: str, wanted: int, previous: int) -> int:
        port = _configured(name, host, wanted) if wanted else _remembered(host, previous, taken)
        taken.add(port)
        return port

    own_postgres, own_nats = not config.database_url, not config.nats_url
    database = _database(config)
    nats = urlsplit(config.nats_url)
    postgres_port = pick("POSTGRES_PORT", LOOPBACK, config.postgres_port, before[0]) if own_postgres else database[1]
    nats_port = pick("NATS_PORT", LOOPBACK, config.nats_port, before[1]) if own_nats else (nats.port or 4222)
    mqtt_port = pick("MQTT_PORT", config.host, config.mqtt_port, before[2]) if own_nats else config.mqtt_port
    portal_port = pick("PORT", config.host, config.port, before[3])
    nats_host = LOOPBACK if own_nats else str(nats.hostname)
    return Endpoints(
        postgres_host=database[0],
        postgres_port=postgres_port,
        database=database[2],
        nats=f"nats://{bracketed(nats_host)}:{nats_port}",
        mqtt=f"{bracketed(config.host if own_nats else nats_host)}:{mqtt_port}",
        portal=f"http://{bracketed(config.host)}:{portal_port}",
    )


def write(config: Config, endpoints: Endpoints) -> None:
    """Tells every program of this data directory where the servers are; holds no secret."""
    files.write(config.data / "endpoints.json", json.dumps(asdict(endpoints), indent=2) + "\n", mode=0o644)


def split(address: str) -> tuple[str, int]:
    """Host and port of `host:port` or of an address with a scheme."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    return parts.hostname or LOOPBACK, parts.port or 0


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def is_free(host: str, port: int) -> bool:
    """Whether this process could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int, *, timeout_s: float = 0.5) -> bool:
    """Whether somebody accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def speaks_http(host: str, port: int, *, timeout_s: float = 3.0) -> bool:
    """Whether a web server answers there, with whatever status."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as connection:
            connection.sendall(f"GET /health/ HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False


def free_port(host: str, *, unlike: set[int] | None = None) -> int:
    """A port that nobody uses at this moment, and that is not one of `unlike`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family) as probe:
            probe.bind((host, 0))
            port: int = probe.getsockname()[1]
        if port not in (unlike or set()):
            return port


def _before(config: Config) -> tuple[int, int, int, int]:
    """Ports of PostgreSQL, NATS, MQTT and portal at the last start; 0 where there was none."""
    try:
        last = Endpoints(**json.loads((config.data / "endpoints.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return 0, 0, 0, 0
    return last.postgres_port, split(last.nats)[1], split(last.mqtt)[1], split(last.portal)[1]


def _configured(name: str, host: str, port: int) -> int:
    if _becomes_free(host, port):
        return port
    raise StartError(
        f"KOLONNE_{name}={port} is used by another program on {host}: "
        "stop that one, choose another port, or 0 for a free one"
    )


def _remembered(host: str, port: int, taken: set[int]) -> int:
    if port and port not in taken and _becomes_free(host, port):
        return port
    return free_port(host, unlike=taken)


def _becomes_free(host: str, port: int) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not is_free(host, port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _database(config: Config) -> tuple[str, int, str]:
    """Host, port and name of the database; the port of an embedded one is chosen later."""
    if not config.database_url:
        return LOOPBACK, 0, "kolonne"
    parts = urlsplit(config.database_url)
    if not parts.hostname or len(parts.path) < 2:
        raise StartError(
            "KOLONNE_DATABASE_URL names no host or no database: write postgresql://admin:password@host:port/database"
        )
    return parts.hostname, parts.port or 5432, parts.path[1:]
