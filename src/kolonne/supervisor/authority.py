"""The platform's two authorities, made once: one vouches for modules, the other for the MQTT listener.

They are apart because they are trusted by different sides. The key for modules is read by the signer only. The
listener's own certificate is made anew at a start when half of its life is over or the host has changed.
"""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kolonne.config import Config
from kolonne.supervisor import files
from kolonne.supervisor.errors import StartError

DEVICE_CA, DEVICE_CA_KEY = "device-ca.pem", "device-ca-key"
LISTENER_CA, LISTENER_CA_KEY = "mqtt-ca.pem", "mqtt-ca-key"
LISTENER, LISTENER_KEY = "mqtt.pem", "mqtt-key"
AUTHORITY_LIFE = timedelta(days=20 * 365)
LISTENER_LIFE = timedelta(days=365)
_SKEW = timedelta(days=1)
"""Clocks on board may be behind."""


def make(config: Config) -> None:
    """Makes what is missing. Raises StartError when files of the operator's own cannot be used."""
    _make_authority(config.secrets, DEVICE_CA, DEVICE_CA_KEY, "Kolonne modules")
    _make_authority(config.secrets, LISTENER_CA, LISTENER_CA_KEY, "Kolonne platform")
    if not config.mqtt_tls:
        return
    if config.mqtt_cert or config.mqtt_key:
        _check_files(config)
    elif not _is_good(config.secrets / LISTENER, hosts(config)):
        _make_listener(config)


def listener(config: Config) -> tuple[Path, Path]:
    """Certificate and key of the MQTT listener."""
    if config.mqtt_cert:
        return Path(config.mqtt_cert), Path(config.mqtt_key)
    return config.secrets / LISTENER, config.secrets / LISTENER_KEY


def hosts(config: Config) -> list[str]:
    """Names and addresses by which modules may call the listener."""
    public = urlsplit(config.public_url).hostname or ""
    named = urlsplit(f"//{config.mqtt_public}").hostname or ""
    return sorted({name for name in (config.host, public, named, "127.0.0.1", "::1", "localhost") if name})


def _make_authority(folder: Path, certificate: str, key_file: str, name: str) -> None:
    if (folder / certificate).exists() and (folder / key_file).exists():
        return
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = _usage(signs_certificates=True)
    made = _begin(subject, subject, key, now + AUTHORITY_LIFE).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signed = made.add_extension(usage, critical=True).add_extension(identifier, critical=False).sign(key, SHA256())
    _write_key(folder / key_file, key)
    files.write(folder / certificate, _pem(signed))


def _make_listener(config: Config) -> None:
    authority = x509.load_pem_x509_certificate((config.secrets / LISTENER_CA).read_bytes())
    authority_key = serialization.load_pem_private_key((config.secrets / LISTENER_CA_KEY).read_bytes(), None)
    key, names = generate_private_key(SECP256R1()), [_general_name(host) for host in hosts(config)]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kolonne MQTT")])
    made = _begin(subject, authority.subject, key, datetime.now(UTC) + LISTENER_LIFE)
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(signs_certificates=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName(names), False),
    ):
        made = made.add_extension(extension, critical=critical)
    if not isinstance(authority_key, EllipticCurvePrivateKey):
        raise StartError(f"{config.secrets / LISTENER_CA_KEY} is not the key that Kolonne made")
    signed = made.sign(authority_key, SHA256())
    _write_key(config.secrets / LISTENER_KEY, key)
    files.write(config.secrets / LISTENER, _pem(signed))


def _begin(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - _SKEW)
        .not_valid_after(until)
    )


def _is_good(path: Path, wanted: list[str]) -> bool:
    """Whether the listener's certificate has its first half of life, and the names of today."""
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    is_young = datetime.now(UTC) < found.not_valid_after_utc - LISTENER_LIFE / 2
    return is_young and {_general_name(host) for host in wanted} == set(names)


def _check_files(config: Config) -> None:
    for name, path in (("MQTT_CERT", config.mqtt_cert), ("MQTT_KEY", config.mqtt_key)):
        if not path or not os.access(path, os.R_OK):
            raise StartError(f"KOLONNE_{name}={path!r} cannot be read: name both files, the certificate and its key")


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write_key(path: Path, key: EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files.write(path, pem.decode("ascii"), mode=0o400)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
