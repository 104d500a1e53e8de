"""Vans in the real database, and ingest's own connection to it."""

import itertools
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from kolonne.config import Config
from kolonne.portal.telemetry import database
from kolonne.portal.telemetry.ingest.store import Connection
from kolonne.wire.signals import catalogue
from kolonne.wire.subjects import TELEMETRY, up_subject

_numbers = itertools.count(1, 1000)
_ENROL = """
    WITH tenant AS (INSERT INTO companies_tenant (kind, market_id) VALUES ('fleet', 'no') RETURNING id),
    company AS (
        INSERT INTO companies_company (company_id, name, time_zone, created_at)
        SELECT id, 'Ingest', 'Europe/Oslo', now() FROM tenant RETURNING company_id
    ),
    vehicle AS (
        INSERT INTO vehicles_vehicle (company_id, vin, plate, name, make, model, drive, driver, added_at)
        SELECT company_id, 'WDB9TAKEN' || lpad(n::text, 8, '0'), '', '', '', '', 'electric', '', '2010-01-01'
        FROM company, generate_series(%(first)s::int, %(last)s::int) n RETURNING id, company_id, vin
    ),
    profile AS (
        INSERT INTO commerce_profile (vehicle_id, company_id, version, signals, commands)
        SELECT id, company_id, 1, %(signals)s::jsonb, '{}' FROM vehicle
    ),
    period AS (
        INSERT INTO commerce_serviceperiod (vehicle_id, company_id, version, since, signals)
        SELECT id, company_id, 1, '2000-01-01', ARRAY(SELECT jsonb_object_keys(%(signals)s::jsonb)) FROM vehicle
    ),
    module AS (
        INSERT INTO vehicles_module (company_id, vehicle_id, serial, secret_sha256, status, enrolled_at)
        SELECT company_id, id, right(vin, 13), '', 'active', '2010-01-01' FROM vehicle
        RETURNING id, serial, vehicle_id, company_id
    ),
    share AS (
        INSERT INTO commerce_moduleprofile (module_id, company_id, version, signals)
        SELECT id, company_id, 1, %(signals)s::jsonb FROM module
    )
    SELECT serial, vehicle_id, company_id FROM module
"""


@dataclass(frozen=True)
class Sender:
    """A van's module."""

    serial: str
    vehicle_id: int
    company_id: int

    @property
    def subject(self) -> bytes:
        """On which it speaks."""
        return up_subject(self.serial, TELEMETRY).encode()


Enrol = Callable[..., list[Sender]]


@pytest.fixture
def enrol(admin: "psycopg.Connection[tuple[Any, ...]]") -> Enrol:
    """Makes vans with modules, in one company of their own; their services allow `signals`, by default all."""

    def enrol(vans: int, signals: list[str] | None = None) -> list[Sender]:
        first = next(_numbers)
        allowed = json.dumps(dict.fromkeys(signals or catalogue(), 0))
        made = admin.execute(_ENROL, {"first": first, "last": first + vans - 1, "signals": allowed})
        return [Sender(*row) for row in made.fetchall()]

    return enrol


@pytest.fixture
def connect(platform: Config) -> database.Connect:
    return database.connector(platform, "kolonne_ingest", name="ingest test")


@pytest_asyncio.fixture
async def connection(connect: database.Connect) -> AsyncIterator[Connection]:
    async with await connect() as opened:
        yield opened
