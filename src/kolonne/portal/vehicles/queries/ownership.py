"""What each side may know of a van that changes hands, and what the dealer may who decides (VE-04, VH-02, VH-09)."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils import timezone

from kolonne.portal.companies.models import Company, Tenant, VerificationCase
from kolonne.portal.companies.queries import organisations_in
from kolonne.portal.companies.queries.desk import customers_of
from kolonne.portal.companies.queries.directory import Dealer, dealer
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotFound
from kolonne.portal.lib.scope import company_scope, dealer_scope, handover_scope, vin_scope
from kolonne.portal.vehicles.models import (
    RESERVED,
    WITH_OWNER,
    Claim,
    ClaimState,
    Handover,
    OwnershipRequest,
    Vehicle,
)
from kolonne.portal.vehicles.queries import companies_with_vans
from kolonne.portal.vehicles.queries.codes import worthless

TRANSFER = "vehicles.vehicle:transfer"
DECIDE = "vehicles.claim:decide"
PER_PAGE = 50
Row = TypeVar("Row", Claim, OwnershipRequest, Handover)
MOST = 200


def owner_of(vin: str) -> Vehicle | None:
    """The van that has a VIN now, in whichever company: for steps between two companies only. Nobody who asks for a
    VIN may be told more than that it is taken."""
    with vin_scope(vin):
        return Vehicle.objects.filter(vin=vin).first()


def owned_elsewhere(company_id: int, vin: str) -> Vehicle:
    """Another company's van. Raises Conflict `own_vin`, `vin_reserved` for somebody else, and `vin_free`."""
    found = owner_of(vin)
    if found is not None and found.company_id != company_id:
        return found
    if found is not None:
        raise Conflict("own_vin", f"{vin} is in this company already")
    if is_reserved_elsewhere(company_id, vin):
        raise Conflict("vin_reserved", f"{vin} is about to become another company's")
    raise Conflict("vin_free", f"{vin} is active nowhere")


def is_reserved_elsewhere(company_id: int, vin: str) -> bool:
    """Whether only another company may add this VIN now."""
    with vin_scope(vin):
        reserved = Claim.objects.filter(vin=vin, state__in=RESERVED, until__gt=timezone.now())
        return reserved.exclude(company_id=company_id).exists()


def reserved_elsewhere(company_id: int, vins: Collection[str]) -> set[str]:
    """The same for many at once."""
    with vin_scope(*vins):
        reserved = Claim.objects.filter(vin__in=vins, state__in=RESERVED, until__gt=timezone.now())
        return set(reserved.exclude(company_id=company_id).values_list("vin", flat=True))


def claimed_elsewhere(company_id: int, vins: Collection[str]) -> set[str]:
    """VINs that others claim and that are not decided yet."""
    with vin_scope(*vins):
        claims = Claim.objects.filter(vin__in=vins, state__in=WITH_OWNER).exclude(company_id=company_id)
        return set(claims.values_list("vin", flat=True))


def arbiters_of(company: Company) -> list[Dealer]:
    """Dealers to whom the company may take a claim: its partner, and those with whom it opened a case (VE-04)."""
    with company_scope([company.pk]):
        ids = set(VerificationCase.objects.filter(company=company).values_list("dealer_id", flat=True))
    found = [dealer(pk) for pk in sorted({company.partner_id, *ids} - {None})]  # type: ignore[type-var]  # no None left
    return [one for one in found if one is not None]


def mine(actor: Actor) -> list[int]:
    """Companies whose vans this actor may let go and take over."""
    return [company for company in actor.company_ids if actor.may(TRANSFER, company)]


def get_claim_for(actor: Actor, pk: int) -> Claim:
    """Raises NotFound to everybody but the claimant's people."""
    return _own(actor, Claim.objects.select_related("company__company"), pk, "claim")


def get_request_for(actor: Actor, pk: int) -> OwnershipRequest:
    """With its van. Raises NotFound to everybody but the owner's people."""
    return _own(actor, OwnershipRequest.objects.select_related("vehicle"), pk, "request")


def get_handover_for(actor: Actor, pk: int) -> Handover:
    """With its van. Raises NotFound to everybody but the seller's people."""
    return _own(actor, Handover.objects.select_related("vehicle"), pk, "hand-over")


def _own(actor: Actor, rows: QuerySet[Row], pk: int, what: str) -> Row:
    with company_scope(mine(actor)):
        found = rows.filter(company_id__in=mine(actor), pk=pk).first()
    if found is None:
        raise NotFound(what)
    return found


@dataclass(frozen=True)
class Changes:
    """Everything of a company that changes hands, newest first."""

    claims: list[Claim]
    requests: list[OwnershipRequest]
    handovers: list[Handover]
    worthless: set[int]
    """Ids of hand-overs whose code opens nothing for as long as its maker may not hand over vans."""


def changes_of(actor: Actor) -> Changes:
    companies = mine(actor)
    with company_scope(companies):
        requests = OwnershipRequest.objects.filter(company_id__in=companies).select_related("vehicle")
        given = Handover.objects.filter(company_id__in=companies, revoked_at=None).select_related("vehicle")
        handovers = list(given.order_by("-made_at", "-pk")[:MOST])
        return Changes(
            list(Claim.objects.filter(company_id__in=companies).order_by("-asked_at", "-pk")[:MOST]),
            list(requests.order_by("-asked_at", "-pk")[:MOST]),
            handovers,
            worthless(TRANSFER, [one for one in handovers if one.is_open]),
        )


def open_requests(actor: Actor) -> int:
    """How many other companies wait for an answer."""
    companies = mine(actor)
    if not companies:
        return 0
    with company_scope(companies):
        return OwnershipRequest.objects.filter(company_id__in=companies, state="open").count()


def removed_vans(actor: Actor, page: str) -> "Page[Vehicle]":
    """Vans that left, last first."""
    companies = companies_with_vans(actor)
    with company_scope(companies):
        gone = Vehicle.ever.of(companies).exclude(removed_at=None).order_by("-removed_at", "-pk")
        found = Paginator(gone, PER_PAGE).get_page(page)
        found.object_list = list(found.object_list)
        return found


@dataclass(frozen=True)
class Dispute:
    """A claim as its arbiter sees it; he alone sees both sides."""

    claim: Claim
    claimant: Company
    van: Vehicle | None
    """None when nobody has it any more."""
    owner: Company | None


def disputes_for(actor: Actor, **only: int) -> list[Claim]:
    """Claims that wait for this dealer's, or this market's, decision; with their company, oldest first. `only`: fields
    of those that are meant."""
    companies = _claimants(actor)
    if not companies:
        return []
    with company_scope(companies):
        waiting = Claim.objects.filter(company_id__in=companies, state=ClaimState.AT_DEALER, **only)
        rows = waiting.select_related("company__company").order_by("state_since", "pk")[:MOST]
        return decidable(actor, rows)


def _claimants(actor: Actor) -> list[int]:
    desk = _desk_of(actor)
    markets = [market for market, rights in actor.markets.items() if DECIDE in rights]
    ids = set(organisations_in(markets)) if markets else set()
    if desk is not None:
        with dealer_scope(desk):
            ids |= set(Claim.objects.filter(dealer=desk).values_list("company_id", flat=True))
    return sorted(ids)


def may_decide(actor: Actor, claim: Claim) -> bool:
    """A dealer decides what his customer took to him, the support of a market what was taken to it."""
    return decidable(actor, [claim]) == [claim]


def decidable(actor: Actor, claims: Collection[Claim]) -> list[Claim]:
    """Those that the actor decides; asks equally often for one and for many."""
    desk = _desk_of(actor)
    customers = set(customers_of(desk)) if desk is not None else set()
    tenants = Tenant.objects.filter(pk__in={claim.company_id for claim in claims if claim.dealer_id is None})
    markets = dict(tenants.values_list("pk", "market_id"))

    def is_his(claim: Claim) -> bool:
        if claim.dealer_id is None:
            return actor.may_in(DECIDE, markets[claim.company_id]) and not actor.is_system
        return claim.dealer_id == desk and claim.company_id in customers

    return [claim for claim in claims if is_his(claim)]


def _desk_of(actor: Actor) -> int | None:
    return next((pk for pk in actor.company_ids if actor.may(DECIDE, pk)), None)


def get_dispute_for(actor: Actor, pk: int) -> Dispute:
    """Raises NotFound to whoever does not decide it."""
    claim = next(iter(disputes_for(actor, pk=pk)), None)
    if claim is None:
        raise NotFound("claim")
    van = owner_of(claim.vin)
    with company_scope([claim.company_id, *([van.company_id] if van else [])]):
        rows = Company.objects.select_related("company__market")
        claimant = rows.get(pk=claim.company_id)
        return Dispute(claim, claimant, van, rows.get(pk=van.company_id) if van else None)


def handover_by(code: str) -> Handover | None:
    """The hand-over of a code that somebody typed, with its van; None for one that opens nothing (any more), because
    whoever made it may not hand over vans now, for example."""
    if not code:
        return None
    digest = digest_of(code)
    with handover_scope(digest):
        found = Handover.objects.filter(code_sha256=digest).first()
    if found is None or not found.is_open or worthless(TRANSFER, [found]):
        return None
    with company_scope([found.company_id]):
        return Handover.objects.select_related("vehicle", "company").get(pk=found.pk)


def digest_of(code: str) -> bytes:
    """Under which a code is kept; it has about 50 bits and is tried by few, and not for long."""
    return hashlib.sha256(code.encode()).digest()
