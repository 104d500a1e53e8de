"""Keys and signed tokens as NATS understands them: nkeys (Ed25519), curve keys (X25519) and JWTs signed by an nkey.

An nkey is base32 text whose first letter tells its kind: `A` account, `U` user, `N` server, `X` curve; a seed (the
secret half) begins with `S` and the letter of its kind. A checksum guards against slips of the pen.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

import nacl.exceptions
import nacl.public
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

Kind = Literal["account", "user", "server"]

_PREFIX = {"account": 0, "user": 20 << 3, "server": 13 << 3, "curve": 23 << 3}
_KIND = {prefix: kind for kind, prefix in _PREFIX.items()}
_SEED = 18 << 3
_RAW_BYTES = 32
_SEALED = b"xkv1"
"""Version mark before the nonce of a sealed message."""
_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}


class BadKey(Exception):
    """A text is no nkey of the expected kind, a token's signature does not fit, or a sealed message does not open."""


@dataclass(frozen=True)
class Key:
    """A key that signs: of an account, a user or a server."""

    kind: Kind
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, kind: Kind) -> "Key":
        return cls(kind, Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: str) -> "Key":
        """Raises BadKey, also for the seed of a curve key."""
        kind, raw = _decode_seed(seed)
        if kind not in ("account", "user", "server"):
            raise BadKey(f"a {kind} key does not sign")
        return cls(kind, Ed25519PrivateKey.from_private_bytes(raw))  # type: ignore[arg-type]  # narrowed above

    @property
    def seed(self) -> str:
        return _encode_seed(self.kind, self.private.private_bytes_raw())

    @property
    def public(self) -> str:
        return _encode(bytes([_PREFIX[self.kind]]) + self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


@dataclass(frozen=True)
class CurveKey:
    """A key that seals messages to another curve key and opens what that one sealed (NATS calls it an xkey)."""

    private: X25519PrivateKey

    @classmethod
    def generate(cls) -> "CurveKey":
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: str) -> "CurveKey":
        """Raises BadKey, also for the seed of a signing key."""
        kind, raw = _decode_seed(seed)
        if kind != "curve":
            raise BadKey(f"the seed of a {kind} key, not of a curve key")
        return cls(X25519PrivateKey.from_private_bytes(raw))

    @property
    def seed(self) -> str:
        return _encode_seed("curve", self.private.private_bytes_raw())

    @property
    def public(self) -> str:
        return _encode(bytes([_PREFIX["curve"]]) + self.private.public_key().public_bytes_raw())

    def seal(self, message: bytes, *, to: str) -> bytes:
        """For the owner of the public curve key `to` only. Raises BadKey when `to` is none."""
        return _SEALED + bytes(self._box(to).encrypt(message))

    def open(self, sealed: bytes, *, sender: str) -> bytes:
        """What `sender`, a public curve key, sealed for us. Raises BadKey."""
        if not sealed.startswith(_SEALED):
            raise BadKey("not a sealed message")
        try:
            return self._box(sender).decrypt(sealed.removeprefix(_SEALED))
        except (nacl.exceptions.CryptoError, nacl.exceptions.ValueError) as error:
            raise BadKey("sealed by another key, for another key, or altered on the way") from error

    def _box(self, other: str) -> nacl.public.Box:
        mine = nacl.public.PrivateKey(self.private.private_bytes_raw())
        return nacl.public.Box(mine, nacl.public.PublicKey(public_bytes(other, kind="curve")))


def public_bytes(public: str, *, kind: Kind | Literal["curve"]) -> bytes:
    """The 32 bytes in a public nkey of this kind. Raises BadKey."""
    raw = _decode(public)
    if len(raw) != 1 + _RAW_BYTES or raw[0] != _PREFIX[kind]:
        raise BadKey(f"not a public {kind} key")
    return raw[1:]


def jwt_encode(key: Key, claims: dict[str, Any]) -> str:
    """A token with these claims, issued (`iss`) and signed by `key`; its id (`jti`) is the hash of the claims."""
    body = {**claims, "iss": key.public}
    body["jti"] = _base32(hashlib.sha256(_json(body)).digest())
    signed = f"{_base64(_json(_HEADER))}.{_base64(_json(body))}"
    return f"{signed}.{_base64(key.sign(signed.encode()))}"


def jwt_decode(token: str | bytes, *, kind: Kind = "server") -> dict[str, Any]:
    """The claims, if the `kind` of key that they name as issuer signed exactly them. Raises BadKey.

    Who that issuer is remains the caller's question: whether it is trusted stands nowhere in a token.
    """
    try:
        text = token.decode("ascii") if isinstance(token, bytes) else token
        signed, signature = text.rsplit(".", 1)
        header, body = (json.loads(_from_base64(part)) for part in signed.split("."))
        issuer = Ed25519PublicKey.from_public_bytes(public_bytes(body["iss"], kind=kind))
        issuer.verify(_from_base64(signature), signed.encode())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InvalidSignature) as error:
        raise BadKey("not a token signed by the key that it names") from error
    if not isinstance(header, dict) or header.get("alg") != _HEADER["alg"]:
        raise BadKey("signed by an algorithm that NATS does not use")
    return dict(body)


def _encode_seed(kind: str, raw: bytes) -> str:
    prefix = _PREFIX[kind]
    return _encode(bytes([_SEED | prefix >> 5, (prefix & 31) << 3]) + raw)


def _decode_seed(seed: str) -> tuple[str, bytes]:
    raw = _decode(seed)
    if len(raw) != 2 + _RAW_BYTES or raw[0] & 0xF8 != _SEED:
        raise BadKey("not the seed of a key")
    prefix = (raw[0] & 7) << 5 | raw[1] >> 3
    if prefix not in _KIND or raw[1] & 7:
        raise BadKey("the seed of an unknown kind of key")
    return _KIND[prefix], raw[2:]


def _encode(raw: bytes) -> str:
    return _base32(raw + _checksum(raw))


def _decode(text: str) -> bytes:
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadKey("not base32") from error
    if len(raw) < 3 or _checksum(raw[:-2]) != raw[-2:] or _base32(raw) != text:
        raise BadKey("the checksum does not fit")
    return raw[:-2]


def _checksum(raw: bytes) -> bytes:
    """CRC-16/XMODEM, least significant byte first."""
    return binascii.crc_hqx(raw, 0).to_bytes(2, "little")


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=")


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _from_base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
