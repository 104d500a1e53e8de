"""Every data directory makes its own secrets, once: there is no default password anywhere.

They lie in `KOLONNE_DATA/secrets`, one file each, readable by the user that runs the platform only. The signer's
key cannot be written again either, not even by its owner without saying so first.
"""

import os
import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kolonne.config import Config
from kolonne.supervisor import authority, files
from kolonne.wire.nkeys import CurveKey, Key

POSTGRES_ROLES = ("kolonne_owner", "kolonne_app", "kolonne_ingest", "kolonne_registry", "kolonne_signer")
NATS_USERS = ("auth", "sys", "ingest", "registry", "signer", "portal")
SIGNER_KEY, SIGNER_PUBLIC = "signer-key", "signer-public"
SIGNER_BOX, SIGNER_BOX_PUBLIC = "signer-box", "signer-box-public"
"""With the public part the portal seals PINs that only the signer can open."""

Maker = Callable[[], str]


def password() -> str:
    """192 random bits, in letters that need no quoting anywhere."""
    return secrets.token_urlsafe(24)


MAKERS: dict[str, Maker] = {
    "secret-key": lambda: secrets.token_urlsafe(48),
    "postgres-admin": password,
    **{f"postgres-{role}": password for role in POSTGRES_ROLES},
    **{f"nats-{user}": password for user in NATS_USERS},
    "nats-issuer": lambda: Key.generate("account").seed,
    "nats-xkey": lambda: CurveKey.generate().seed,
    SIGNER_KEY: lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex(),
    SIGNER_BOX: lambda: X25519PrivateKey.generate().private_bytes_raw().hex(),
}


def make(config: Config) -> list[str]:
    """Makes the secrets that are missing, repairs the permissions of the others, and names what it made."""
    directory = config.secrets
    directory.mkdir(mode=0o700, exist_ok=True)
    directory.chmod(0o700)
    made = [name for name in MAKERS if not (directory / name).exists()]
    for name in made:
        files.write(directory / name, MAKERS[name]() + "\n", mode=_mode(name))
    for name in MAKERS:
        (directory / name).chmod(_mode(name))
    _write_public_keys(config)
    authority.make(config)
    return made


def complaints(config: Config) -> list[str]:
    """What is wrong with the secrets, for `kolonne doctor`; empty when all is well."""
    wrong = []
    authorities = (authority.DEVICE_CA, authority.DEVICE_CA_KEY, authority.LISTENER_CA, authority.LISTENER_CA_KEY)
    for name in (*MAKERS, SIGNER_PUBLIC, SIGNER_BOX_PUBLIC, *authorities):
        path = config.secrets / name
        if not path.exists():
            wrong.append(f"{path} is missing")
        elif path.stat().st_mode & 0o077:
            wrong.append(f"{path} may be read by others")
        elif not os.access(path, os.R_OK):
            wrong.append(f"{path} may not be read by this user")
    return wrong


def _mode(name: str) -> int:
    return 0o400 if name in {SIGNER_KEY, SIGNER_BOX} else 0o600


def _write_public_keys(config: Config) -> None:
    """They are derived from the private keys and never made apart from them; modules pin the signer's."""
    signer = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(config.secret(SIGNER_KEY)))
    box = X25519PrivateKey.from_private_bytes(bytes.fromhex(config.secret(SIGNER_BOX)))
    for name, public in ((SIGNER_PUBLIC, signer.public_key()), (SIGNER_BOX_PUBLIC, box.public_key())):
        path, text = config.secrets / name, public.public_bytes_raw().hex() + "\n"
        if not path.exists() or path.read_text(encoding="ascii") != text:
            files.write(path, text)
