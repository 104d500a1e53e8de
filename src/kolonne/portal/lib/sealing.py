"""Secrets that the portal must read again lie encrypted in the database, under a key that is not in it."""

import base64

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def _cipher() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"kolonne.portal.lib.sealing").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def seal(text: str) -> str:
    return _cipher().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises cryptography.fernet.InvalidToken when the data directory's key is another one."""
    return _cipher().decrypt(sealed.encode()).decode()
