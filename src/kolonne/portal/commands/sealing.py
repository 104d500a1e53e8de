"""PINs on their way to the signer: the portal can close the envelope, only the signer can open it.

The envelope names the command, so that one taken from the database opens nothing when it is put on another command.
"""

from itertools import pairwise
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

PIN_LENGTH = 6

_hasher = PasswordHasher()  # Argon2id with the parameters of RFC 9106 for 64 MiB


class CannotOpen(Exception):
    """The envelope was made for another key or another command, or was damaged."""


def is_pin(text: str) -> bool:
    return len(text) == PIN_LENGTH and text.isascii() and text.isdecimal()


def is_weak(pin: str) -> bool:
    """All digits the same, or each one more or one less than the one before."""
    steps = {(int(second) - int(first)) % 10 for first, second in pairwise(pin)}
    return steps in ({0}, {1}, {9})


def seal(pin: str, *, command_id: UUID, box_public: str) -> bytes:
    """`box_public` is the signer's X25519 key in hexadecimal."""
    return SealedBox(PublicKey(bytes.fromhex(box_public))).encrypt(command_id.bytes + pin.encode())


def open_sealed(envelope: bytes, *, command_id: UUID, box_key: PrivateKey) -> str:
    """The PIN. Raises CannotOpen."""
    try:
        content = SealedBox(box_key).decrypt(envelope)
    except (CryptoError, ValueError, TypeError) as error:
        raise CannotOpen("not an envelope for this signer") from error
    if content[:16] != command_id.bytes:
        raise CannotOpen("an envelope of another command")
    return content[16:].decode("ascii", "replace")


def hash_pin(pin: str) -> str:
    return _hasher.hash(pin)


def fits(pin: str, hashed: str) -> bool:
    """Takes about a tenth of a second on purpose."""
    try:
        return _hasher.verify(hashed, pin)
    except (VerificationError, InvalidHashError):
        return False
