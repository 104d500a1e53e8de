"""COSE_Sign1 (RFC 9052) with Ed25519: how a command proves that the signer made it, and a reply that the module did.

A request to renew a certificate is signed with the certificate's own key, which may also be one of P-256 (ES256).

`purpose` goes into the signature as external data, so that a signed reply can never be passed off as a command.
"""

from typing import Any, Literal

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Purpose = Literal["command", "reply", "hello", "renewal"]
PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey

MAX_BYTES = 8192
_ALGORITHM, _KEY_ID, _EDDSA, _ES256 = 1, 4, -8, -7
_ED25519_BYTES, _POINT_BYTES, _NUMBER_BYTES = 32, 65, 32
_TAG_SIGN1 = 18


class BadSignature(Exception):
    """The message is malformed, made by another key, or was made for another purpose."""


def key_id(public_key: bytes) -> bytes:
    """The first eight bytes of the key: enough to tell a rotated key from an unknown one."""
    return public_key[:8]


def raw_public_key(key: Ed25519PublicKey | EllipticCurvePublicKey) -> bytes:
    """As `verify` takes it: 32 bytes of Ed25519, or the 65 of an uncompressed point of P-256."""
    if isinstance(key, Ed25519PublicKey):
        return key.public_bytes_raw()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def sign(payload: dict[str, Any], *, key: PrivateKey, purpose: Purpose) -> bytes:
    """A tagged COSE_Sign1 message that carries `payload` as a CBOR map."""
    public = raw_public_key(key.public_key())
    protected = cbor2.dumps({_ALGORITHM: _algorithm(public), _KEY_ID: key_id(public)})
    body = cbor2.dumps(payload, canonical=True)
    signature = _signature(key, _to_be_signed(protected, body, purpose))
    return cbor2.dumps(cbor2.CBORTag(_TAG_SIGN1, [protected, {}, body, signature]))


def verify(message: bytes, *, public_key: bytes, purpose: Purpose) -> dict[str, Any]:
    """The payload, if `public_key` signed exactly these bytes for `purpose`. Raises BadSignature."""
    protected, body, signature = _parts(message)
    try:
        _check(public_key, signature, _to_be_signed(protected, body, purpose))
        header, payload = cbor2.loads(protected), cbor2.loads(body)
    except (InvalidSignature, ValueError, cbor2.CBORDecodeError) as error:
        raise BadSignature("the signature does not fit") from error
    if not isinstance(header, dict) or header.get(_ALGORITHM) != _algorithm(public_key):
        raise BadSignature("signed with another kind of key")
    if not isinstance(payload, dict):
        raise BadSignature("the payload is not a map")
    return payload


def unverified(message: bytes) -> dict[str, Any]:
    """The payload without a check, to learn the key that a first hello introduces. Raises BadSignature."""
    try:
        payload = cbor2.loads(_parts(message)[1])
    except (ValueError, cbor2.CBORDecodeError) as error:
        raise BadSignature("the payload is not CBOR") from error
    if not isinstance(payload, dict):
        raise BadSignature("the payload is not a map")
    return payload


def _parts(message: bytes) -> tuple[bytes, bytes, bytes]:
    if len(message) > MAX_BYTES:
        raise BadSignature(f"longer than {MAX_BYTES} bytes")
    try:
        tag = cbor2.loads(message)
        protected, _, body, signature = tag.value
    except (ValueError, TypeError, AttributeError, cbor2.CBORDecodeError, RecursionError) as error:
        raise BadSignature("not a COSE_Sign1 message") from error
    parts = (protected, body, signature)
    if not all(isinstance(part, bytes) for part in parts):  # before encoding, as not all that is read can be written
        raise BadSignature("not a COSE_Sign1 message in our encoding")
    # What the signature does not cover must be empty, and the encoding the one we make:
    # otherwise many different byte strings would count as the same signed message.
    canonical = cbor2.dumps(cbor2.CBORTag(_TAG_SIGN1, [protected, {}, body, signature]))
    if tag.tag != _TAG_SIGN1 or canonical != message:
        raise BadSignature("not a COSE_Sign1 message in our encoding")
    return parts


def _to_be_signed(protected: bytes, body: bytes, purpose: Purpose) -> bytes:
    return cbor2.dumps(["Signature1", protected, f"kolonne:{purpose}:1".encode(), body])


def _algorithm(public_key: bytes) -> int:
    """The key alone decides: what a message says of itself is only compared."""
    return _EDDSA if len(public_key) == _ED25519_BYTES else _ES256


def _signature(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(data)
    numbers = decode_dss_signature(key.sign(data, ECDSA(SHA256())))
    return b"".join(number.to_bytes(_NUMBER_BYTES, "big") for number in numbers)


def _check(public_key: bytes, signature: bytes, data: bytes) -> None:
    """Raises InvalidSignature, ValueError."""
    if len(public_key) != _POINT_BYTES:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
        return
    if len(signature) != 2 * _NUMBER_BYTES:
        raise InvalidSignature
    first, second = (int.from_bytes(half, "big") for half in (signature[:_NUMBER_BYTES], signature[_NUMBER_BYTES:]))
    point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
    point.verify(encode_dss_signature(first, second), data, ECDSA(SHA256()))
