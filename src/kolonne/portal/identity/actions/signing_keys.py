"""Making, changing and removing the keys that sign identity tokens (ID-12)."""

from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import keys
from kolonne.portal.identity.models import SigningKey
from kolonne.portal.lib import sealing
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotAllowed

BITS = 2048
ROTATE_EVERY = timedelta(days=30)
EARLY = timedelta(days=1)
"""By how much a key is published before it signs."""
LATE = timedelta(seconds=settings.IDP_OIDC_ID_TOKEN_EXPIRES_IN) + timedelta(hours=1)
"""For how long a key is published after its last signature: the life of a token, and an hour for clocks that differ."""
_LOCK = 0x4B6F6D  # any constant, of its own


@transaction.atomic
def ensure_key(*, actor: Actor) -> None:
    """Makes the first key, which signs at once; of several who find none at the same time, one makes it."""
    _alone()
    now = timezone.now()
    if not SigningKey.objects.exclude(expires_at__lte=now).exists():
        _make(actor, signs_from=now)


@transaction.atomic
def rotate_key(*, actor: Actor, at_once: bool = False) -> SigningKey:
    """A new key, published now and signing `EARLY` later. Raises NotAllowed, Conflict while another one waits.

    `at_once`: somebody may have copied a key, so all others are void from now on. Applications that know only those
    refuse sign-ins until they fetch the keys again.
    """
    if not actor.is_system:
        raise NotAllowed("identity.signing_key:write")
    _alone()
    now = timezone.now()
    others = SigningKey.objects.exclude(expires_at__lte=now)
    if at_once:
        others.update(expires_at=now)
        return _make(actor, signs_from=now)
    if others.filter(signs_from__gt=now).exists():
        raise Conflict("key_is_waiting", "the next key is published already and signs within a day")
    signs_from = now + EARLY if others.exists() else now
    others.filter(expires_at=None).update(expires_at=signs_from + LATE)
    return _make(actor, signs_from=signs_from)


@transaction.atomic
def tend_keys(*, actor: Actor) -> None:
    """The daily job: rotates when the newest key is `ROTATE_EVERY` old, removes keys that are over."""
    now = timezone.now()
    _alone()
    SigningKey.objects.filter(expires_at__lte=now).delete()
    newest = SigningKey.objects.order_by("signs_from").last()
    if newest is not None and newest.signs_from <= now - ROTATE_EVERY:
        rotate_key(actor=actor)


def _alone() -> None:
    """Until the transaction ends, nobody else makes or changes keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _make(actor: Actor, *, signs_from: datetime) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key = SigningKey.objects.create(pem=sealing.seal(pem), created_at=timezone.now(), signs_from=signs_from)
    audit.record(actor, "identity.signing_key.made", on=key, company_id=None, signs_from=signs_from.isoformat())
    transaction.on_commit(keys.forget)
    return key
