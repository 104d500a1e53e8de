"""What a module keeps of its enrolment by a claim: certificate with key, and how to recognise the platform.

Files beside the store, which only this user may read. The certificate and its key are one file, so that a crash never
leaves one without the other. Whoever asks for a certificate keeps the new key first: the answer may get lost, and the
platform gives the same certificate again for the same key only.
"""

import base64
import json
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from kolonne.module.errors import SettingsError
from kolonne.module.store import write_durably


@dataclass(frozen=True)
class Identity:
    """As the platform wrote it."""

    serial: str
    platform: str
    """`https://host`, where the certificate is renewed."""
    broker: str
    command_key: str
    not_before: float
    not_after: float
    """Seconds since 1970."""

    def renew_at(self, random: Random) -> float:
        """Between half and two thirds of its life, so that a fleet that was enrolled together does not come at once."""
        return self.not_before + (self.not_after - self.not_before) * random.uniform(0.5, 0.66)

    def is_due(self, at: float) -> bool:
        return time.time() >= at


class Files:
    """The files beside one store."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.words = store.with_name(store.name + ".identity.json")
        self.certificate = store.with_name(store.name + ".identity.pem")
        self.broker_ca = store.with_name(store.name + ".broker-ca.pem")
        self.new_key = store.with_name(store.name + ".new-key")

    def load(self) -> Identity | None:
        """None before the first claim. Raises SettingsError for a file that cannot be read."""
        try:
            return Identity(**json.loads(self.words.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise SettingsError(
                f"{self.words} cannot be read ({error}): enrol the module anew with a new code"
            ) from error

    def key_to_come(self) -> str:
        """PEM of the key for the next certificate, made when there is none yet."""
        # Loaded only when somebody needs it: it takes a tenth of the memory of an agent.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

        if not self.new_key.exists():
            key = Ed25519PrivateKey.generate()
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
            self.store.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self.new_key, pem)
        return self.new_key.read_text(encoding="ascii")

    def keep(self, platform: str, paper: dict[str, Any], key: str) -> Identity:
        """The new certificate counts from the next connection on. Raises SettingsError for a paper that is none."""
        identity = _identity(platform, paper, key)
        write_durably(self.broker_ca, str(paper.get("broker_ca", "")))
        write_durably(self.certificate, f"{paper['certificate'].strip()}\n{paper['chain'].strip()}\n{key}")
        write_durably(self.words, json.dumps(asdict(identity)))
        self.new_key.unlink(missing_ok=True)
        return identity

    def forget_past(self) -> None:
        """Nothing that was collected before the claim is sent: it belongs to whoever had the van then. A new epoch, a
        new key for hellos, and no profile begin."""
        for name in ("", "-wal", "-shm", ".key"):
            self.store.with_name(self.store.name + name).unlink(missing_ok=True)


def request_of(key_pem: str) -> bytes:
    """PKCS #10 in DER."""
    from cryptography import x509  # noqa: PLC0415  # as above

    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return request.sign(private_key(key_pem), None).public_bytes(_der())


def fingerprint_and_key(pem: str) -> tuple[bytes, Any]:
    """SHA-256 of the certificate in a file with its key, and the key."""
    from cryptography import x509  # noqa: PLC0415  # as above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(SHA256()), private_key(
        pem[pem.rindex("-----BEGIN") :]
    )


def private_key(pem: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415  # as above

    return load_pem_private_key(pem.encode(), None)


def _der() -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415  # as above

    return Encoding.DER


def _identity(platform: str, paper: dict[str, Any], key: str) -> Identity:
    from cryptography import x509  # noqa: PLC0415  # as above

    try:
        made = x509.load_pem_x509_certificate(paper["certificate"].encode())
        if made.public_key() != private_key(key).public_key():
            raise SettingsError("the platform's certificate is for another key: enrol the module anew with a new code")
        ends: tuple[datetime, datetime] = (made.not_valid_before_utc, made.not_valid_after_utc)
        words = {name: str(paper[name]) for name in ("serial", "broker", "command_key")}
        _ = str(paper["chain"])
    except (KeyError, AttributeError, ValueError) as error:
        raise SettingsError(f"the platform's answer cannot be read ({error!r})") from error
    return Identity(platform=platform, not_before=ends[0].timestamp(), not_after=ends[1].timestamp(), **words)


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
