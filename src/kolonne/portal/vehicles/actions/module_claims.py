"""A device becomes a module of a van by a code that its administrator made for it, once."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid, KolonneError
from kolonne.portal.lib.scope import company_scope, module_claim_scope
from kolonne.portal.vehicles import csr
from kolonne.portal.vehicles.actions.modules import MODULE_WRITE, Place, check_provides, install
from kolonne.portal.vehicles.models import ModuleCertificate, ModuleClaim, Vehicle
from kolonne.portal.vehicles.queries.codes import worthless

log = structlog.get_logger()

_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_GROUPS, _SIGNS_IN_GROUP = 5, 5
"""32 signs, none of which looks like another: 125 random bits."""
MAX_OPEN = 5
"""Codes of one van that wait."""
FETCH_AGAIN = timedelta(minutes=15)
"""So long the same device with the same key is given its certificate once more, because the answer may get lost."""


class ClaimRefused(KolonneError):
    """The same for every reason: whoever tries codes learns nothing."""

    status = 403

    def __init__(self) -> None:
        super().__init__("claim_refused", "this code lets no device in", remedy="ask for a new code on the van's page")


@transaction.atomic
def make_module_claim(*, actor: Actor, vehicle: Vehicle, provides: Sequence[str] = ()) -> tuple[ModuleClaim, str]:
    """A code for one device; returned this once and kept as a hash only. Raises NotAllowed, Invalid, Conflict."""
    require(actor, MODULE_WRITE, vehicle.company_id)
    check_provides(provides)
    code = "-".join("".join(secrets.choice(_SIGNS) for _ in range(_SIGNS_IN_GROUP)) for _ in range(_GROUPS))
    now = timezone.now()
    with company_scope([vehicle.company_id]):
        van = Vehicle.ever.select_for_update().get(pk=vehicle.pk)
        if van.removed_at is not None:
            raise Conflict("van_removed", f"{van.vin} was removed")
        waiting = ModuleClaim.objects.filter(vehicle=van, used_at=None, withdrawn_at=None, expires_at__gt=now)
        if waiting.count() >= MAX_OPEN:
            raise Conflict("too_many_claims", f"{MAX_OPEN} codes of {van.vin} wait already")
        claim = ModuleClaim.objects.create(
            company_id=van.company_id,
            vehicle=van,
            code_sha256=_digest(code),
            maker_id=actor.user_id,
            provides=list(provides),
            expires_at=now + timedelta(hours=settings.ENROLMENT_CODE_HOURS),
        )
        audit.record(actor, "vehicles.module_claim.made", on=van, company_id=van.company_id, vin=van.vin)
    return claim, code


@transaction.atomic
def withdraw_module_claim(*, actor: Actor, claim: ModuleClaim) -> None:
    """The code opens nothing any more. Raises NotAllowed; Conflict when a device has come by it already."""
    require(actor, MODULE_WRITE, claim.company_id)
    with company_scope([claim.company_id]):
        waiting = ModuleClaim.objects.filter(pk=claim.pk, used_at=None, withdrawn_at=None)
        if waiting.update(withdrawn_at=timezone.now()) != 1:
            raise Conflict("claim_over", "a device has used this code, or somebody has withdrawn it")
        van = Vehicle.ever.get(pk=claim.vehicle_id)
        audit.record(actor, "vehicles.module_claim.withdrawn", on=van, company_id=van.company_id, vin=van.vin)


@transaction.atomic
def enrol_by_claim(*, actor: Actor, code: str, serial: str, request: bytes) -> ModuleCertificate:
    """A device comes into service; the certificate is asked for when the transaction is committed. The code is the
    right to do that, and is used up with it.

    Raises Invalid for what is wrong with the request itself, and ClaimRefused for everything else.
    """
    asked = read_request(request)
    digest = _digest(code)
    with module_claim_scope(digest):
        claim = ModuleClaim.objects.filter(code_sha256=digest).first()
    if claim is None:
        log.warning("module claim refused", serial=serial, reason="unknown")
        raise ClaimRefused
    now = timezone.now()
    with company_scope([claim.company_id]):
        given = _given_before(claim, serial, asked, now)
        if given is not None:
            return given
        return _enrol(actor, claim, serial, asked, now)


def read_request(request: bytes) -> csr.KeyRequest:
    """Raises Invalid."""
    try:
        return csr.read(request)
    except csr.BadRequest as error:
        remedy = "PKCS #10 as PEM or as DER in base64, signed with its own P-256 or Ed25519 key"
        raise Invalid("invalid_request", f"the certificate request cannot be read: {error}", {"csr": remedy}) from error


def _enrol(actor: Actor, claim: ModuleClaim, serial: str, asked: csr.KeyRequest, now: datetime) -> ModuleCertificate:
    # One statement: of two devices that come at once, the second finds nothing left when the first has committed.
    free = ModuleClaim.objects.filter(pk=claim.pk, used_at=None, withdrawn_at=None, expires_at__gt=now)
    if free.update(used_at=now) != 1:
        log.warning("module claim refused", serial=serial, claim=claim.pk, reason="used, withdrawn or expired")
        raise ClaimRefused
    if worthless(MODULE_WRITE, [claim]):
        log.warning("module claim refused", serial=serial, claim=claim.pk, reason="its maker may not do that any more")
        raise ClaimRefused
    van = Vehicle.ever.get(pk=claim.vehicle_id)
    try:
        module = install(actor, van, serial, None, Place(provides=claim.provides, may_replace=True))
    except Conflict as error:
        log.warning("module claim refused", serial=serial, claim=claim.pk, reason=error.code)
        raise ClaimRefused from error
    ModuleClaim.objects.filter(pk=claim.pk).update(module=module)
    certificate = ModuleCertificate.objects.create(
        company_id=claim.company_id, module=module, request=asked.der, key_sha256=asked.key_sha256
    )
    notify.notify(notify.CERTIFICATES, "")
    return certificate


def _given_before(claim: ModuleClaim, serial: str, asked: csr.KeyRequest, now: datetime) -> ModuleCertificate | None:
    """What this very device got by this code a moment ago; the key proves that it is the same."""
    if claim.used_at is None or claim.module_id is None or now - claim.used_at > FETCH_AGAIN:
        return None
    same = ModuleCertificate.objects.filter(module_id=claim.module_id, key_sha256=asked.key_sha256, revoked_at=None)
    return same.filter(module__serial=serial).first()


def _digest(code: str) -> bytes:
    """However it was typed."""
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(plain.encode()).digest()
