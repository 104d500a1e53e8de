"""What the tests of a company's deletion share: a company that has something of everything, and the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from django.utils import timezone

from kolonne.portal.commands import actions as commands
from kolonne.portal.commerce.models import Contract, ContractVersion, Order, OrderItem
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import (
    Company,
    CompanyVersion,
    Invitation,
    Recovery,
    Role,
    Site,
    VerificationCase,
)
from kolonne.portal.companies.queries import actor_of, known_scopes
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope

Cursor = psycopg.Cursor[Any]
ORDERED_AT = datetime(2027, 3, 20, 9, 30, tzinfo=UTC)
"""Eight days before Norway's clocks go forward."""
ENDS_AT = datetime(2027, 4, 2, 22, 0, tzinfo=UTC)
"""Midnight in Norway, by summer time, with which day 14 begins."""
KEPT = {"companies_company", "companies_leaving", "audit_entry"}
"""Tables that keep rows of a company that is gone: its number, the receipt, and the audit."""


def fill(house: House, administrator: User) -> str:
    """Rows in everything that a company can have; answers with the token of an API key."""
    company, van, now = house.company, house.vehicle, timezone.now()
    later = now + timedelta(days=10)
    with company_scope([company.pk]):
        _, token = companies.create_api_key(actor=SYSTEM, company=company, name="erp", scopes=known_scopes())
        CompanyVersion.objects.get_or_create(
            company=company, generation=1, defaults={"name": company.name, "changed_by": "Alice"}
        )
        Site.objects.create(company=company, name="Depot", street="Depotvegen 1")
        Invitation.objects.create(
            company=company, channel="mail", address=f"new{company.pk}@example.com", roles=[Role.DRIVER],
            language="nb", inviter="Alice", token_sha256=uuid4().bytes * 2, expires_at=later,
        )  # fmt: skip
        VerificationCase.objects.create(company=company, person=administrator, code=uuid4().hex[:12], expires_at=later)
        Recovery.objects.create(
            company=company, person=administrator, opened_by="Dealer", reason="lost", takes_effect_at=later
        )
        contract = Contract.objects.get(company=company)
        ContractVersion.objects.get_or_create(
            contract=contract, generation=1, defaults={"company": company, "party": {}}
        )
        order = Order.objects.create(company=company, placed_by="Alice")
        OrderItem.objects.create(company=company, order=order, vehicle=van, product="live-map")
        commands.request_command(actor=actor_of(administrator), vehicle=van, order=commands.Order("lock"))
    return token


def drive(cursor: Cursor, house: House, days: int, samples: int) -> None:
    """Readings of some days, as ingest writes them; `cursor` has an administrator's rights."""
    van, company, module = house.vehicle.pk, house.company.pk, house.module.pk
    cursor.execute(
        "INSERT INTO telemetry.sample (ts, received, company_id, vehicle_id, lat, lon, altitude, speed, seq, flags) "
        "SELECT now() - make_interval(days => d) + make_interval(secs => s * 10), now(), %s, %s, 59.9 + s * 0.0001, "
        "10.7, 12.5, 50, s, 0 FROM generate_series(1, %s) d, generate_series(1, %s) s",
        [company, van, days, samples],
    )
    cursor.execute(
        "INSERT INTO telemetry.state (vehicle_id, company_id, ts, received, signals) "
        "VALUES (%s, %s, now(), now(), '{}')",
        [van, company],
    )
    cursor.execute(
        "INSERT INTO telemetry.cursor (module_id, company_id, epoch, sequence) VALUES (%s, %s, 'e', 5)",
        [module, company],
    )
    cursor.execute(
        "INSERT INTO telemetry.refusal (company_id, vehicle_id, day, reason, signal, count) "
        "VALUES (%s, %s, current_date, 'invalid', 'speed', 3)",
        [company, van],
    )
    cursor.execute(
        "INSERT INTO telemetry.dead_letter (company_id, serial, received, reason, payload) "
        "VALUES (%s, %s, now(), 'broken', 'x')",
        [company, house.module.serial],
    )
    cursor.execute(
        "INSERT INTO telemetry.transition (company_id, vehicle_id, ts, signal, old, new) "
        "VALUES (%s, %s, now(), 'ignition', 'true', 'false')",
        [company, van],
    )


def rows_of(cursor: Cursor, company: Company) -> dict[str, int]:
    """How many rows each table with a `company_id` has of a company; `cursor` sees all of them."""
    cursor.execute(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "AND a.attname = 'company_id' AND NOT attisdropped WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    found = {}
    for (table,) in cursor.fetchall():
        cursor.execute(f"SELECT count(*) FROM {table} WHERE company_id = %s", [company.pk])
        [(number,)] = cursor.fetchall()
        if number:
            found[table] = number
    return found
