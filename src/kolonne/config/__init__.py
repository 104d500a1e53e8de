"""The environment, read once into frozen values.

Every setting is a `KOLONNE_*` variable described in `variables` and in `docs/reference/settings.md`; a word that is
not listed is refused, because a misspelt setting that is silently ignored is a trap. `KOLONNE_X_FILE` reads
`KOLONNE_X` from a file. Secrets that nobody set are made by `kolonne up`, one file each, in `KOLONNE_DATA/secrets`.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kolonne.config.kinds import ConfigError
from kolonne.config.variables import PREFIX, VARIABLES

__all__ = ["PREFIX", "VARIABLES", "Config", "ConfigError", "Endpoints", "load"]


@dataclass(frozen=True)
class Config:
    """All settings of one process, a field for each variable.

    Ports are as configured; `endpoints` says where servers really listen.
    """

    data: Path
    host: str
    port: int
    mqtt_port: int
    nats_port: int
    postgres_port: int
    database_url: str
    nats_url: str
    public_url: str
    trusted_proxies: int
    secret_key: str
    language: str
    tiles_url: str
    roads: str
    demo: bool
    partner_reminder_days: int
    company_notice_days: int
    trial_announcement_days: int
    mail_url: str
    mail_from: str
    sms_url: str
    sms_token: str
    deletion_days: int
    data_location: str
    providers: str
    late_days: int
    seller: str
    catalogue: str
    terms: str
    mqtt_tls: bool
    mqtt_cert: str
    mqtt_key: str
    mqtt_ca: str
    mqtt_public: str
    enrolment_code_hours: int
    certificate_days: int
    certificate_grace_days: int
    log_level: str
    module_serial: str
    module_secret: str
    module_broker: str
    module_command_key: str
    module_store: str

    @cached_property
    def secrets(self) -> Path:
        return self.data / "secrets"

    def secret(self, name: str) -> str:
        """A secret of this data directory, as `kolonne up` made it. Raises ConfigError when there is none yet."""
        path = self.secrets / name
        try:
            return path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise ConfigError(f"{path} does not exist: run `kolonne up` once with this KOLONNE_DATA") from None
        except PermissionError:
            raise ConfigError(f"{path} may not be read by this user: run as the user that ran `kolonne up`") from None

    def endpoints(self) -> "Endpoints":
        """Where the servers of this data directory listen. Raises ConfigError when nothing was ever started."""
        path = self.data / "endpoints.json"
        try:
            return Endpoints(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise ConfigError(f"{path} does not exist: is `kolonne up` running with this KOLONNE_DATA?") from None


@dataclass(frozen=True)
class Endpoints:
    """Addresses in use, written to `KOLONNE_DATA/endpoints.json` by the supervisor before it starts programs."""

    postgres_host: str
    postgres_port: int
    database: str
    nats: str
    """`nats://host:port` without credentials."""
    mqtt: str
    """`host:port`."""
    portal: str
    """`http://host:port`, where the portal listens."""


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Reads the environment. Raises ConfigError on an unknown word or a malformed value."""
    texts = {variable.name: variable.default for variable in VARIABLES}
    for key, raw in (os.environ if environ is None else environ).items():
        if not key.startswith(PREFIX):
            continue
        word = key.removeprefix(PREFIX)
        name = word.removesuffix("_FILE")
        if word in texts:
            texts[word] = raw
        elif name in texts:
            texts[name] = _read(key, raw)
        else:
            raise ConfigError(f"{key} is not a setting of Kolonne: see docs/reference/settings.md for the list")
    return Config(**{each.name.lower(): each.kind(PREFIX + each.name, texts[each.name]) for each in VARIABLES})


def _read(key: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{key}={path!r} cannot be read ({error.strerror})") from error
