"""What an agent must know to start: who it is, where the platform is, whose commands it obeys.

Told by a claim (`module.claiming`), or by options, an enrolment file (what `kolonne module enrol --json` printed),
`KOLONNE_MODULE_*`, and, on the platform's own machine, by what the platform keeps in its data directory; in this
order.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from kolonne.config import Config, ConfigError
from kolonne.module.claiming import claim
from kolonne.module.errors import SettingsError
from kolonne.module.identity import Files, Identity
from kolonne.module.mqtt import Broker, Tls
from kolonne.wire import subjects

KEY_BYTES = 32
_TLS_SCHEME = "mqtts://"


@dataclass(frozen=True)
class Told:
    """What the command line says; empty where it says nothing."""

    serial: str = ""
    secret_file: Path | None = None
    broker: str = ""
    command_key: str = ""
    store: Path | None = None
    enrolment: Path | None = None
    tls: Tls | None = None
    claim: str = ""
    platform: str = ""


@dataclass(frozen=True)
class Enrolment:
    """Everything that an agent must know to start."""

    serial: str
    broker: Broker
    command_key: bytes
    store: Path
    renews: bool = False
    """It has a certificate from a claim, which it renews itself."""


def enrolment(told: Told, config: Config) -> Enrolment:
    """Raises SettingsError that says what is missing and how to get it."""
    paper = _paper(told.enrolment)
    serial = told.serial or paper.get("serial", "") or config.module_serial
    if not subjects.is_serial(serial):
        raise SettingsError(
            f"serial {serial!r}: expected 8 to 32 capital letters and digits, by --serial, --enrolment or "
            "KOLONNE_MODULE_SERIAL"
        )
    store = told.store or (Path(config.module_store) if config.module_store else None)
    store = store or config.data / "module" / f"{serial}.db"
    if told.claim:
        claim(told.claim, platform=told.platform, serial=serial, store=store)
    identity = None if told.secret_file or paper or told.tls else Files(store).load()
    if identity is not None and identity.serial == serial:
        return _claimed(identity, Files(store), told)
    secret = _read(told.secret_file) or paper.get("secret", "") or config.module_secret
    if not secret and not (told.tls and told.tls.cert):
        raise SettingsError(
            f"module {serial} has no secret: `kolonne module enrol {serial} --vin VIN --json` prints it once; "
            "give it by --enrolment, --secret-file or KOLONNE_MODULE_SECRET_FILE; or claim the module for a van with "
            "--claim CODE --platform https://host"
        )
    address = told.broker or paper.get("broker", "") or config.module_broker or _local_broker(config)
    key = told.command_key or paper.get("command_key", "") or config.module_command_key or _local_key(config)
    return Enrolment(serial, _broker(address, secret, told.tls), _key(key), store)


def _claimed(identity: Identity, files: Files, told: Told) -> Enrolment:
    """A module that came by a claim: its files say everything."""
    has_authority = files.broker_ca.exists() and files.broker_ca.stat().st_size > 0
    tls = Tls(files.broker_ca if has_authority else None, files.certificate)
    broker = _broker(told.broker or identity.broker, "", tls)
    return Enrolment(identity.serial, broker, _key(identity.command_key), files.store, renews=True)


def _paper(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"--enrolment {file} cannot be read ({error})") from error
    if not isinstance(content, dict):
        raise SettingsError(f"--enrolment {file}: expected the object that `kolonne module enrol --json` printed")
    return {key: value for key, value in content.items() if isinstance(value, str)}


def _read(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--secret-file {file} cannot be read ({error})") from error


def _local_broker(config: Config) -> str:
    try:
        return config.endpoints().mqtt
    except ConfigError as error:
        raise SettingsError(
            "no platform is known: give --broker host:port, or KOLONNE_MODULE_BROKER, or run `kolonne up` here"
        ) from error


def _local_key(config: Config) -> str:
    try:
        return config.secret("signer-public")
    except ConfigError as error:
        raise SettingsError(
            "the platform's command key is not known: give --command-key, --enrolment or KOLONNE_MODULE_COMMAND_KEY "
            "(the platform keeps it in KOLONNE_DATA/secrets/signer-public)"
        ) from error


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(f"command key {text[:80]!r}: expected {KEY_BYTES * 2} hexadecimal digits")
    return key


def _broker(address: str, secret: str, tls: Tls | None) -> Broker:
    if address.startswith(_TLS_SCHEME):
        address, tls = address.removeprefix(_TLS_SCHEME), tls or Tls()
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"broker {address!r}: expected host:port, or mqtts://host:port for TLS")
    return Broker(host.strip("[]"), int(port), secret, tls)
