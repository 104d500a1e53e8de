"""Where modules come for their certificates. They have no key of a company: what they send proves them."""

import base64
import binascii
from datetime import datetime
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from kolonne.portal.identity import limits
from kolonne.portal.lib import problems
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import Invalid
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.models import Module, ModuleCertificate
from kolonne.portal.vehicles.papers import paper
from kolonne.wire.subjects import SERIAL

router = Router(tags=["modules"])

TRY_AGAIN_S = 5
_PEM = "-----BEGIN"


class EnrolIn(Schema):
    """A device that has been given a code for a van."""

    model_config = ConfigDict(extra="forbid")

    claim: str = Field(description="The code, as the van's page showed it", min_length=1, max_length=100)
    serial: str = Field(description="Of the device: 8 to 32 capital letters and digits", pattern=f"^{SERIAL.pattern}$")
    csr: str = Field(
        description="PKCS #10, as PEM or as DER in base64, with a P-256 or Ed25519 key that signed it", max_length=8192
    )


class RenewIn(Schema):
    """A module whose certificate is in the second half of its life."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(
        description="COSE_Sign1 in base64, by the key of the present certificate: see `Renewal` in the wire reference",
        max_length=16384,
    )


class PaperOut(Schema):
    """The certificate, and how to reach and to recognise the platform."""

    serial: str
    certificate: str = Field(description="PEM; its name is the serial")
    chain: str = Field(description="PEM of the authority that issued it")
    not_after: datetime
    renew_from: datetime = Field(description="From then on `POST modules/renew` gives the next one")
    broker: str = Field(description="`mqtts://host:port`, or `host:port` of a listener without encryption")
    broker_ca: str = Field(description="PEM of the authority that vouches for the listener; empty: a public one")
    command_key: str = Field(description="Public key of the platform's command signer, hexadecimal")


@router.post("/modules/enrol", auth=None, response=PaperOut, summary="Come into service by a claim code")
def enrol(request: HttpRequest, body: EnrolIn) -> Any:
    """The code is used up. The same device with the same key may ask again for some minutes, in case the answer was
    lost. While nobody issues certificates the answer is 503: ask again, with the same key."""
    tries = limits.use_address("module_claim", request)
    if tries is None:
        return _too_many()
    try:
        certificate = actions.enrol_by_claim(
            actor=_module(request, body.serial), code=body.claim, serial=body.serial, request=_bytes(body.csr, "csr")
        )
    except Invalid as error:
        return problems.of_error(error, sent={"csr": body.csr})
    tries.rollback()
    return _answer(certificate)


@router.post("/modules/renew", auth=None, response=PaperOut, summary="Renew a module's certificate")
def renew(request: HttpRequest, body: RenewIn) -> Any:
    """Asking again with the same new key gives the same certificate."""
    tries = limits.use_address("module_renewal", request)
    if tries is None:
        return _too_many()
    certificate = actions.renew_certificate(actor=_module(request, "itself"), message=_bytes(body.message, "message"))
    tries.rollback()
    return _answer(certificate)


def _answer(certificate: ModuleCertificate) -> HttpResponse:
    made = actions.issued(certificate)
    if made is None:
        answer = problems.response(
            503, "not_issued_yet", "the certificate is not issued yet", remedy="ask again with the same key"
        )
        answer.headers["Retry-After"] = str(TRY_AGAIN_S)
        return answer
    with company_scope([made.company_id]):
        serial = Module.objects.values_list("serial", flat=True).get(pk=made.module_id)
    return HttpResponse(msgspec.json.encode(paper(made, serial)), content_type="application/json")


def _too_many() -> HttpResponse:
    answer = problems.response(
        HTTPStatus.TOO_MANY_REQUESTS, "too_many_tries", "too many tries from this address", remedy="come back later"
    )
    answer.headers["Retry-After"] = "3600"
    return answer


def _module(request: HttpRequest, serial: str) -> Actor:
    return Actor(label=f"module {serial}", address=client_address(request))


def _bytes(text: str, field: str) -> bytes:
    """PEM as it is, everything else as base64. Raises Invalid."""
    if text.lstrip().startswith(_PEM):
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("invalid_request", f"{field} is not base64", {field: "base64 of the bytes"}) from error
