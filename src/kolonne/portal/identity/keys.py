"""The keys that sign identity tokens, as they lie in the database (ID-12).

A key is published from the moment it exists and signs from `signs_from`, a day later, so that applications that fetch
the keys once in a while know it before they meet its first signature. Its predecessor signs no more from then on and
stays published until `expires_at`.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.idp.oidc.models import PrivateKey
from django.utils import timezone

from kolonne.portal.identity.models import SigningKey
from kolonne.portal.lib import sealing

CACHED_FOR = timedelta(minutes=5)
"""Less than the day by which a new key is early, so that every process knows it in time."""


@dataclass
class _Cache:
    """Of one process: opening a sealed key for each token would cost more than signing it."""

    keys: tuple[PrivateKey, ...] = ()
    read_at: datetime | None = None


_cache = _Cache()
_lock = threading.Lock()


def published() -> list[PrivateKey]:
    """All keys that are not over, also those that sign later. What this process knew `CACHED_FOR` ago."""
    now = timezone.now()
    with _lock:
        if not _cache.keys or _cache.read_at is None or not now - CACHED_FOR < _cache.read_at <= now:
            _cache.keys, _cache.read_at = read(), now
        return [key for key in _cache.keys if key.expires_at is None or key.expires_at > now]


def read() -> tuple[PrivateKey, ...]:
    """From the database, for whoever just made one: his transaction may fail yet, so nobody else must remember it."""
    return tuple(_opened(row) for row in SigningKey.objects.order_by("signs_from", "pk"))


def forget() -> None:
    """The next reader asks the database."""
    with _lock:
        _cache.keys = ()


def _opened(row: SigningKey) -> PrivateKey:
    return PrivateKey(
        pem=sealing.unseal(row.pem),
        not_before=row.signs_from,
        issued_at=row.signs_from,
        expires_at=row.expires_at,
    )
