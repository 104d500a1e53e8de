"""What a module is told when it has been let in: its certificate, and how to reach and to recognise the platform."""

from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from kolonne.config import Config
from kolonne.portal.vehicles.actions.certificates import renew_from
from kolonne.portal.vehicles.models import ModuleCertificate


class Paper(msgspec.Struct):
    """The answer to an enrolment and to a renewal."""

    serial: str
    certificate: str
    """PEM."""
    chain: str
    """PEM of the authority that issued it."""
    not_after: datetime
    renew_from: datetime
    broker: str
    """`mqtts://host:port`; without the scheme the listener is not encrypted."""
    broker_ca: str
    """PEM of the authority that vouches for the listener; empty: those that the module knows anyway."""
    command_key: str
    """The public key whose commands the module shall obey, hexadecimal."""


def paper(certificate: ModuleCertificate, serial: str) -> Paper:
    """Of an issued certificate. Raises ConfigError while the platform was never started."""
    config: Config = settings.CONFIG
    if certificate.not_after is None:
        raise ValueError(f"{certificate} was not issued yet")
    return Paper(
        serial=serial,
        certificate=certificate.pem,
        chain=config.secret("device-ca.pem") + "\n",
        not_after=certificate.not_after,
        renew_from=renew_from(certificate),
        broker=broker(config),
        broker_ca=_broker_ca(config),
        command_key=config.secret("signer-public"),
    )


def broker(config: Config) -> str:
    """Where modules find the listener."""
    host, _, port = config.endpoints().mqtt.rpartition(":")
    public = urlsplit(config.public_url).hostname
    if public and not config.nats_url:
        host = f"[{public}]" if ":" in public else public
    address = config.mqtt_public or f"{host}:{port}"
    return f"mqtts://{address}" if config.mqtt_tls else address


def _broker_ca(config: Config) -> str:
    if not config.mqtt_tls:
        return ""
    if config.mqtt_cert:
        return Path(config.mqtt_ca).read_text(encoding="ascii") if config.mqtt_ca else ""
    return config.secret("mqtt-ca.pem") + "\n"
