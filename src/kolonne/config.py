"""The environment, read once into frozen values.

Every setting is a `KOLONNE_*` variable described here and in `docs/reference/settings.md`; a word that is not
listed is refused, because a misspelt setting that is silently ignored is a trap. `KOLONNE_X_FILE` reads
`KOLONNE_X` from a file. Secrets that nobody set are made by `kolonne up`, one file each, in `KOLONNE_DATA/secrets`.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

PREFIX = "KOLONNE_"


class ConfigError(Exception):
    """A setting is unknown, unreadable or malformed; the text names the variable, the value and the remedy."""


@dataclass(frozen=True)
class Variable:
    """One environment variable: its name without the prefix, its default and what it does."""

    name: str
    default: str
    help: str


VARIABLES = (
    Variable(
        "DATA",
        "",
        "Directory of everything that Kolonne keeps. Default: `~/.local/share/kolonne`, for root `/var/lib/kolonne`.",
    ),
    Variable("HOST", "127.0.0.1", "Address on which portal and MQTT listen."),
    Variable("PORT", "8000", "Port of the portal; 0 takes a free one."),
    Variable("MQTT_PORT", "1883", "Port on which communication modules connect; 0 takes a free one."),
    Variable("NATS_PORT", "4222", "Port of the embedded NATS for our own programs; 0 takes a free one."),
    Variable("POSTGRES_PORT", "0", "Port of the embedded PostgreSQL, on loopback only; 0 takes a free one."),
    Variable(
        "DATABASE_URL",
        "",
        "A PostgreSQL server of your own (16 or newer) as `postgresql://admin:password@host:port/database`. "
        "The user must be allowed to create roles. Empty: the embedded server.",
    ),
    Variable(
        "NATS_URL",
        "",
        "A NATS server of your own (2.15 or newer), as `nats://host:port`, run with the configuration "
        "that `kolonne nats-config` prints. Empty: the embedded server.",
    ),
    Variable("PUBLIC_URL", "", "Address under which people reach the portal, with https. Default: host and port."),
    Variable(
        "TRUSTED_PROXIES",
        "0",
        "How many proxies of your own stand before the portal. So many entries at the end of `X-Forwarded-For` are "
        "believed, to slow down guessing per address and to name addresses in the audit.",
    ),
    Variable("SECRET_KEY", "", "Key that signs sessions and links. Default: made once, kept in the data directory."),
    Variable("LANGUAGE", "en", "Language of pages before somebody chose one: `de`, `nb` or `en`."),
    Variable("TILES_URL", "", "Address of a map style (JSON) to use instead of the built-in offline map."),
    Variable("ROADS", "", "An OpenStreetMap extract (`.osm.pbf`) whose roads are drawn under the vans."),
    Variable("DEMO", "", "`1` shows the demonstration's one-click sign-ins and outbox. Never on a real server."),
    Variable(
        "PARTNER_REMINDER_DAYS",
        "7",
        "How often administrators of a company without an after-sales partner are reminded by mail, in days "
        "(1 to 365).",
    ),
    Variable(
        "COMPANY_NOTICE_DAYS",
        "14",
        "How long the contracts of a company run on after somebody ordered its deletion, in days (1 to 90). The order "
        "can be withdrawn until then; after that everything is erased.",
    ),
    Variable(
        "TRIAL_ANNOUNCEMENT_DAYS",
        "30",
        "How long before the end of a trial a company's administrators are told of it by mail, in days (1 to 90).",
    ),
    Variable(
        "MAIL_URL",
        "",
        "Your mail server: `smtp://user:password@host:587` (STARTTLS is required) or `smtps://user:password@host:465`. "
        "Empty: mails become files in the data directory's `mail`.",
    ),
    Variable("MAIL_FROM", "", "Sender of all mails, e.g. `Kolonne <no-reply@fleet.example>`. Default: no-reply@host."),
    Variable(
        "SMS_URL",
        "",
        "Where SMS are handed over: `https://user:password@sms.example/path`, which takes JSON with `to` and `text` by "
        "POST. User and password are sent as basic authentication. Empty: SMS become files in the data directory's "
        "`sms`.",
    ),
    Variable("SMS_TOKEN", "", "Bearer token for that address, if it wants one instead of user and password."),
    Variable(
        "DELETION_DAYS",
        "30",
        "How long the administrators of a company have to act when one of its people asks to be deleted, in days "
        "(1 to 30); then the administrators of the market are told.",
    ),
    Variable(
        "DATA_LOCATION",
        "",
        "Where this installation keeps its data, as people read it in their account, e.g. `Stockholm, Sweden (Example "
        "Hosting AB)`. Empty: they are told to ask whoever runs the installation.",
    ),
    Variable(
        "CATALOGUE",
        "",
        "File with your own products, services and prices (YAML), checked by `kolonne catalogue check`. Empty: those "
        "that come with Kolonne.",
    ),
    Variable(
        "TERMS",
        "",
        "Directory with your own terms (Markdown), checked by `kolonne catalogue check`. Empty: those that come with "
        "Kolonne.",
    ),
    Variable(
        "SELLER",
        "",
        "Who sells where a market has no operator's organisation, as contracts and invoices name it: name and lines of "
        "the address, parted by `;`.",
    ),
    Variable(
        "PROVIDERS",
        "",
        "File with the providers whose SIM cards your modules have, and what they let through abroad (YAML). Empty: no "
        "provider has a policy.",
    ),
    Variable(
        "LATE_DAYS",
        "30",
        "For how many days after the services of a van changed readings from before the change are still taken, if its "
        "module could not send them earlier (1 to 90).",
    ),
    Variable(
        "MQTT_TLS",
        "0",
        "`1` encrypts the connections of communication modules and lets in those only that have a certificate of this "
        "platform (`kolonne module --claim`). `0`: modules say their secret, for tests and simulated vans.",
    ),
    Variable("MQTT_CERT", "", "Certificate of the MQTT listener (PEM with chain). Empty: one of the platform's own."),
    Variable("MQTT_KEY", "", "Its private key (PEM), readable by the user that runs the platform."),
    Variable(
        "MQTT_CA",
        "",
        "Authority (PEM) by which modules check that certificate; they keep it when they are enrolled. Empty with a "
        "certificate of yours: the authorities that modules know anyway.",
    ),
    Variable(
        "MQTT_PUBLIC",
        "",
        "`host:port` under which modules reach the MQTT listener. Default: the host of the public address, and its "
        "port on this machine.",
    ),
    Variable(
        "ENROLMENT_CODE_HOURS", "24", "How long a code to enrol a communication module is good, in hours (1 to 720)."
    ),
    Variable(
        "CERTIFICATE_DAYS",
        "90",
        "How long certificates of communication modules are valid, in days (1 to 397). Modules renew them from half "
        "of that time on.",
    ),
    Variable(
        "CERTIFICATE_GRACE_DAYS",
        "30",
        "How long after its end a certificate can still be renewed, in days (0 to 365), by a module that was out of "
        "reach. It opens no connection in this time.",
    ),
    Variable("LOG_LEVEL", "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`."),
    Variable("MODULE_SERIAL", "", "Serial of the communication module that `kolonne module` plays."),
    Variable("MODULE_SECRET", "", "Secret that `kolonne module enrol` printed for this serial."),
    Variable("MODULE_BROKER", "", "`host:port` of the platform's MQTT listener, for `kolonne module`."),
    Variable("MODULE_COMMAND_KEY", "", "Public key of the platform's command signer (hexadecimal), pinned on board."),
    Variable("MODULE_STORE", "", "File in which the module keeps readings until the platform has stored them."),
)


@dataclass(frozen=True)
class Config:
    """All settings of one process. Ports are as configured; `endpoints` says where servers really listen."""

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
    environ = os.environ if environ is None else environ
    known = {variable.name for variable in VARIABLES}
    values = {variable.name: variable.default for variable in VARIABLES}
    for key, raw in environ.items():
        if not key.startswith(PREFIX):
            continue
        word = key.removeprefix(PREFIX)
        from_file = word.endswith("_FILE") and word.removesuffix("_FILE") in known
        name = word.removesuffix("_FILE") if from_file else word
        if name not in known:
            raise ConfigError(f"{key} is not a setting of Kolonne: see docs/reference/settings.md for the list")
        values[name] = _read(key, raw) if from_file else raw
    return Config(**{field.name: _typed(field.name, values[field.name.upper()]) for field in fields(Config)})


def _read(key: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{key}={path!r} cannot be read ({error.strerror})") from error


_ADDRESSES = {
    "mail_url": (
        re.compile(r"smtps?://(\S+(:\S*)?@)?[^\s@/:]+(:\d{1,5})?"),
        "smtp://user:password@host:port or smtps://…",
    ),
    "sms_url": (
        re.compile(r"(https://([^\s/]+@)?[^\s@/]+|http://([^\s/]+@)?(127\.0\.0\.1|localhost)(:\d{1,5})?)(/\S*)?"),
        "https://user:password@host/path",
    ),
}
"""How they look, and how to say so without their value, which may hold a password. SMS leave encrypted only."""
_NUMBERS = {
    "trusted_proxies": (0, 9),
    "partner_reminder_days": (1, 365),
    "deletion_days": (1, 30),
    "company_notice_days": (1, 90),
    "enrolment_code_hours": (1, 720),
    "certificate_days": (1, 397),
    "certificate_grace_days": (0, 365),
    "trial_announcement_days": (1, 90),
    "late_days": (1, 90),
}
"""Settings that are whole numbers, with the least and the largest."""


def _typed(name: str, value: str) -> Any:
    if name == "data":
        return Path(value).expanduser().resolve() if value else _default_data()
    if name == "port" or name.endswith("_port"):
        if not (value.isdecimal() and int(value) <= 65535):
            raise ConfigError(f"{PREFIX}{name.upper()}={value!r} is not a port: give a number from 0 to 65535")
        return int(value)
    if name in _NUMBERS:
        least, most = _NUMBERS[name]
        if not (value.isdecimal() and least <= int(value) <= most):
            raise ConfigError(f"{PREFIX}{name.upper()}={value!r} is not a number from {least} to {most}")
        return int(value)
    if name in {"demo", "mqtt_tls"}:
        if value not in {"", "0", "1"}:
            raise ConfigError(f"{PREFIX}{name.upper()}={value!r} is neither 0 nor 1")
        return value == "1"
    if name in _ADDRESSES and value:
        _check_address(name, value)
    if name == "language" and value not in {"de", "nb", "en"}:
        raise ConfigError(f"{PREFIX}LANGUAGE={value!r} is not one of de, nb, en")
    return value


def _check_address(name: str, value: str) -> None:
    pattern, words = _ADDRESSES[name]
    if not pattern.fullmatch(value):
        raise ConfigError(f"{PREFIX}{name.upper()} is not {words}: its value is not shown")


def _default_data() -> Path:
    """Root's home is closed to the system user that PostgreSQL runs as then."""
    if os.geteuid() == 0:
        return Path("/var/lib/kolonne")
    return Path.home() / ".local" / "share" / "kolonne"
