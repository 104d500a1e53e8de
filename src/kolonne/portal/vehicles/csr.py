"""Certificate requests of modules (PKCS #10): read without trust, in the portal and once more in the signer."""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MAX_BYTES = 4096
"""A request for these kinds of keys has 200 to 700."""
_PEM = b"-----BEGIN CERTIFICATE REQUEST-----"

PublicKey = EllipticCurvePublicKey | Ed25519PublicKey


class BadRequest(ValueError):
    """Not a request that can be granted; the text says why."""


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """Somebody holds the private part of this key. Whatever else a request says is not looked at."""

    der: bytes
    key: PublicKey

    @property
    def key_sha256(self) -> bytes:
        return hashlib.sha256(self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def read(data: bytes) -> KeyRequest:
    """PEM or DER with a P-256 or Ed25519 key that signed it. Raises BadRequest."""
    if len(data) > MAX_BYTES:
        raise BadRequest(f"longer than {MAX_BYTES} bytes")
    try:
        found = (x509.load_pem_x509_csr if _PEM in data else x509.load_der_x509_csr)(data)
        key, is_signed = found.public_key(), found.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature, x509.InvalidVersion) as error:
        raise BadRequest("not a PKCS #10 request") from error
    if not isinstance(key, Ed25519PublicKey) and not (
        isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
    ):
        raise BadRequest("the key is neither P-256 nor Ed25519")
    if not is_signed:
        raise BadRequest("its signature does not fit its key")
    return KeyRequest(found.public_bytes(Encoding.DER), key)
