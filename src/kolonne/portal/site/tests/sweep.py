"""What the sweeps of all routes share: the routes themselves, what fills their place-holders, and fingerprints."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from kolonne.portal.commerce.actions import place_order
from kolonne.portal.commerce.models import Contract, Invoice
from kolonne.portal.companies.models import (
    AccessRequest,
    Channel,
    Company,
    CompanyExport,
    Invitation,
    Membership,
    Merge,
    Role,
    Site,
    Tenant,
    VerificationCase,
)
from kolonne.portal.companies.queries.invitations import digest_of as digest
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import Application, HelpRequest, User
from kolonne.portal.lib.scope import company_scope, user_scope
from kolonne.portal.vehicles.models import Claim, Handover, ModuleClaim, OwnershipRequest, VanImport

VERBS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
ROUTES: dict[str, str] = {
    route: kind
    for kind, routes in tomllib.loads(Path(__file__).with_name("routes.toml").read_text()).items()
    for route in routes
}
APPLICATION = "parts"
MANAGED = frozenset({"people", "requests", "organisations", "access"})
"""Kinds of route by which people and organisations are managed."""


@dataclass(frozen=True)
class Targets:
    """Whose ids stand in the place-holders of routes."""

    company: Company
    person: User
    membership: int
    request: HelpRequest
    access_request: int
    house: House | None = None
    command: str = ""
    site: int = 0
    invitation: int = 0
    case: int = 0
    export: int = 0
    order: int = 0
    contract: int = 0
    invoice: int = 0
    claim: int = 0
    van_request: int = 0
    handover: int = 0
    van_import: int = 0
    merge: int = 0
    module_claim: int = 0

    @property
    def scope(self) -> list[int]:
        return [self.company.pk]


def targets(person: User, company: Company, house: House | None = None, command: str = "") -> Targets:
    """Around one person of a company, who has asked for help and for an application."""
    with user_scope(person.pk):
        membership = Membership.objects.get(user=person, company=company.pk)
    parts, _ = Application.objects.get_or_create(
        code=APPLICATION, defaults={"name": "Parts", "rights": ["use", "order"]}
    )
    with company_scope([company.pk]):
        asked = AccessRequest.objects.create(company=company, membership=membership, application=parts)
        site = Site.objects.create(company=company, name="Depot", city="Hamar")
    request = HelpRequest.objects.create(
        user=person, market=person.market, user_id_given=person.username, first_name="Somebody",
        last_name="Somewhere", email="somebody@example.com", company_name="Somewhere", company_address="Somewhere",
    )  # fmt: skip
    made = _with_business(Targets(company, person, membership.pk, request, asked.pk, house, command, site.pk))
    return _with_purchases(made, house) if house else made


def _with_business(made: Targets) -> Targets:
    """Somebody who is invited, a check that waits for a dealer, and an export."""
    company, tomorrow = made.company, timezone.now() + timedelta(days=1)
    with company_scope([company.pk]):
        invitation = Invitation.objects.create(
            company=company, channel=Channel.MAIL, address="newcomer@example.com", roles=[Role.DRIVER], language="en",
            inviter="Somebody", token_sha256=digest("sweep"), expires_at=tomorrow,
        )  # fmt: skip
        case = VerificationCase.objects.create(
            company=company, person=made.person, code="K7M2P9XQ4R", expires_at=tomorrow
        )
        export = CompanyExport.objects.create(company=company, asked_label="Somebody")
    return replace(made, invitation=invitation.pk, case=case.pk, export=export.pk)


def _with_purchases(made: Targets, house: House) -> Targets:
    """An order that waits, and the contract that runs."""
    with company_scope(house.scope):
        order = place_order(actor=SYSTEM, company=house.company, wanted=["maintenance"], vehicles=[house.vehicle])
        made = replace(made, order=order.pk, contract=Contract.objects.get(company=house.company).pk)
        made = replace(made, invoice=_invoice(house.company).pk)
    return _with_changes(made, house)


def _invoice(company: Company) -> Invoice:
    return Invoice.objects.create(
        company=company, number=f"NO-2026-I9{company.pk:05}", month="2026-10-01", currency="NOK", total="69.00",
        lines=[], party={"name": company.name}, seller={"name": "Kolonne", "lines": []},
    )  # fmt: skip


def _with_changes(made: Targets, house: House) -> Targets:
    """A van that the company claims, one that is claimed of it, and the code of a hand-over."""
    company, tomorrow = house.company, timezone.now() + timedelta(days=1)
    with company_scope(house.scope):
        claim = Claim.objects.create(company=company, vin="WK0SWEEP000000001", asked_by="Somebody", until=tomorrow)
        asked = OwnershipRequest.objects.create(
            company=company, vehicle=house.vehicle, claim=0, claimant_id=company.pk, claimant_name="Somebody Ltd",
            answer_until=tomorrow,
        )  # fmt: skip
        handover = Handover.objects.create(
            company=company, vehicle=house.vehicle, code_sha256=digest("sweep"), made_by="Somebody", expires_at=tomorrow
        )
        van_import = VanImport.objects.create(company=company)
        code = ModuleClaim.objects.create(
            company=company, vehicle=house.vehicle, code_sha256=digest("module"), expires_at=tomorrow
        )
    made = replace(made, claim=claim.pk, van_request=asked.pk, handover=handover.pk, van_import=van_import.pk)
    return replace(made, module_claim=code.pk, merge=_merge(company).pk)


def _merge(company: Company) -> Merge:
    """Another company wants to become part of this one."""
    other = Tenant.objects.filter(kind=company.kind).exclude(pk=company.pk).order_by("pk").first()
    now = timezone.now()
    with company_scope([company.pk]):
        return Merge.objects.create(
            stays_id=company.pk, gone=other, asked_at=now, expires_at=now + timedelta(days=1), code="SWEEP2345"
        )


def all_routes() -> list[str]:
    return sorted(set(_walk(get_resolver().url_patterns)))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + re.sub(r"\\Z|\^|\$", "", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route


def address_of(route: str, to: Targets) -> str:
    """The route with ids in its place-holders. KeyError on one that nobody told the sweep about."""
    of_noun = {
        "people": to.person.pk, "requests": to.request.pk, "organisations": to.company.pk, "audit": to.company.pk,
        "access-rights": to.membership, "orders": to.order, "contracts": to.contract, "invoices": to.invoice,
    }  # fmt: skip
    of_noun |= {"customers": to.company.pk, "company": to.export}
    for beginning, pk in {
        "access-rights/requests/": to.access_request, "people/invitations/": to.invitation, "customers/cases/": to.case,
        "vans/import/": to.van_import, "vans/claims/": to.claim, "vans/requests/": to.van_request,
        "vans/hand-overs/": to.handover, "company/merge/": to.merge,
    }.items():  # fmt: skip
        if route.startswith(beginning):
            of_noun[route.partition("/")[0]] = pk
    vehicle = to.house.vehicle if to.house else None
    values = {
        "pk": of_noun.get(route.partition("/")[0], vehicle.pk if vehicle else 0),
        "vin": vehicle.vin if vehicle else "WK0TEST0000000009",
        "membership": to.membership, "command_id": to.command, "id": to.command, "rest": "nothing-here",
        "token": "wrong-token", "key": "wrong-key", "uidb36": "1",
        "code": "general" if route.startswith("terms/") else "wrong", "number": "wrong-number",
        "application": APPLICATION, "site": to.site,
        "module": to.house.module.pk if to.house else 0, "claim": to.module_claim, "generation": 1,
    }  # fmt: skip
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route)
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), plain)


def digest_of(to: Targets, people: Iterable[User]) -> str:
    """A fingerprint of everything that belongs to the company, and of these people with what lets them in."""
    ids = sorted(person.pk for person in people)
    digest = hashlib.sha256()
    with company_scope(to.scope), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "AND a.attname = 'company_id' AND NOT attisdropped WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition "
            "AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"
        )
        wanted = [(table, "true") for (table,) in cursor.fetchall()]
        wanted += [("identity_user", "id = ANY(%s)"), ("companies_merge", "true")]
        owned = ("mfa_authenticator", "account_emailaddress", "identity_privateprofile", "usersessions_usersession")
        wanted += [(table, "user_id = ANY(%s)") for table in (*owned, "identity_helprequest")]
        for table, condition in wanted:
            statement = f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t WHERE {condition}"
            cursor.execute(statement, [ids] if "%s" in condition else None)
            digest.update(f"{table} {cursor.fetchone()}".encode())
    return digest.hexdigest()


def body_of(response: Any) -> str:
    content = b"".join(response) if response.streaming else response.content
    return content.decode(errors="replace")
