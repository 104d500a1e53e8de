"""Certificates of modules are renewed by the modules themselves, and waited for until the signer has issued them."""

import time
from datetime import datetime, timedelta

import msgspec
import structlog
from cryptography import x509
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, KolonneError
from kolonne.portal.lib.scope import certificate_scope, company_scope
from kolonne.portal.vehicles import csr
from kolonne.portal.vehicles.actions.module_claims import read_request
from kolonne.portal.vehicles.models import Module, ModuleCertificate, ModuleStatus
from kolonne.wire import cose
from kolonne.wire.messages import Renewal

log = structlog.get_logger()

SKEW = timedelta(minutes=10)
"""How far a module's clock may be off. A message that is older is somebody's recording."""
ISSUED_WITHIN_S = 5.0
_LOOK_AGAIN_S = 0.1


class RenewalRefused(KolonneError):
    """The same for every reason that is none of the asking one's business."""

    status = 403

    def __init__(self, why: str, **facts: object) -> None:
        super().__init__(
            "renewal_refused", "this certificate is not renewed", remedy="enrol the module anew with a new code"
        )
        log.warning("renewal refused", reason=why, **facts)


@transaction.atomic
def renew_certificate(*, actor: Actor, message: bytes) -> ModuleCertificate:
    """The next certificate of the module whose present one signed the message; the same again for the same new key.

    Raises RenewalRefused; Conflict `too_early` before half of the present one's life, `clock_differs` when the message
    is not of these minutes; Invalid for a request that cannot be read.
    """
    present = _present(message)
    with company_scope([present.company_id]):
        # Renewals of one module come one after the other.
        module = Module.objects.select_for_update().get(pk=present.module_id)
        present.refresh_from_db()
        renewal = _proved(message, present)
        asked = read_request(renewal.request)
        now = timezone.now()
        _check_asker(module, present, renewal, now)
        following = ModuleCertificate.objects.filter(module=module, pk__gt=present.pk).order_by("-pk").first()
        if following is not None:
            if bytes(following.key_sha256) == asked.key_sha256 and following.revoked_at is None:
                return following
            raise RenewalRefused("superseded", module=module.pk)
        return _ask(actor, module, present, asked, now)


def issued(certificate: ModuleCertificate, *, within_s: float = ISSUED_WITHIN_S) -> ModuleCertificate | None:
    """Waits for the signer, and gives up after a while. Call it outside of a transaction: what was asked for in one
    is seen by the signer when that has ended."""
    deadline = time.monotonic() + within_s
    while True:
        with company_scope([certificate.company_id]):
            certificate.refresh_from_db()
        if certificate.pem:
            return certificate
        if time.monotonic() > deadline:
            return None
        time.sleep(_LOOK_AGAIN_S)


def _present(message: bytes) -> ModuleCertificate:
    try:
        claimed = msgspec.convert(cose.unverified(message), Renewal)
    except (cose.BadSignature, msgspec.ValidationError) as error:
        raise RenewalRefused(str(error)) from error
    with certificate_scope(claimed.certificate):
        found = ModuleCertificate.objects.filter(fingerprint=claimed.certificate).exclude(pem="").first()
    if found is None:
        raise RenewalRefused("unknown certificate")
    return found


def _proved(message: bytes, present: ModuleCertificate) -> Renewal:
    key = x509.load_pem_x509_certificate(present.pem.encode()).public_key()
    try:
        raw = cose.raw_public_key(key)  # type: ignore[arg-type]  # the signer issues for these kinds only
        return msgspec.convert(cose.verify(message, public_key=raw, purpose="renewal"), Renewal)
    except (cose.BadSignature, msgspec.ValidationError) as error:
        raise RenewalRefused(str(error), certificate=present.pk) from error


def _check_asker(module: Module, present: ModuleCertificate, renewal: Renewal, now: datetime) -> None:
    if renewal.serial != module.serial:
        raise RenewalRefused("the certificate of another module", module=module.pk)
    if module.status != ModuleStatus.ACTIVE or present.revoked_at is not None:
        raise RenewalRefused("revoked", module=module.pk)
    if present.not_after is None or now > present.not_after + timedelta(days=settings.CERTIFICATE_GRACE_DAYS):
        raise RenewalRefused("expired too long ago", module=module.pk)
    if abs(renewal.time_s - int(now.timestamp())) > SKEW.total_seconds():
        raise Conflict("clock_differs", "the time in the message is not now", remedy="take the time of our Date header")


def _ask(
    actor: Actor, module: Module, present: ModuleCertificate, asked: csr.KeyRequest, now: datetime
) -> ModuleCertificate:
    if ModuleCertificate.objects.filter(module=module, key_sha256=asked.key_sha256).exists():
        raise Conflict("same_key", "a new certificate needs a new key", remedy="make a key and a request for it")
    half = renew_from(present)
    if now < half:
        raise Conflict("too_early", "this certificate is young", remedy=f"come back after {half:%Y-%m-%dT%H:%M:%SZ}")
    certificate = ModuleCertificate.objects.create(
        company_id=module.company_id, module=module, request=asked.der, key_sha256=asked.key_sha256
    )
    audit.record(actor, "vehicles.module.renewed", on=module, company_id=module.company_id)
    notify.notify(notify.CERTIFICATES, "")
    return certificate


def renew_from(certificate: ModuleCertificate) -> datetime:
    """Half of its life. Raises ValueError for one that was not issued yet."""
    if certificate.not_before is None or certificate.not_after is None:
        raise ValueError(f"{certificate} was not issued yet")
    return certificate.not_before + (certificate.not_after - certificate.not_before) / 2
