"""A company with thousands of vans, written straight into the tables: enrolling them one by one is not measured."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import psycopg

from kolonne.bench.load import SERIAL, SIGNALS
from kolonne.config import Config

_COMPANY = """
    WITH tenant AS (INSERT INTO companies_tenant (kind, market_id) VALUES ('fleet', 'no') RETURNING id)
    INSERT INTO companies_company (company_id, name, time_zone, created_at)
    SELECT id, 'Bench', 'Europe/Oslo', now() FROM tenant RETURNING company_id
"""
_VEHICLES = """
    INSERT INTO vehicles_vehicle (company_id, vin, plate, name, make, model, drive, driver, added_at)
    SELECT %s, 'WDB9BENCH' || lpad(n::text, 8, '0'), 'BN ' || n, '', '', '', 'electric', '', '2010-01-01'
    FROM generate_series(%s::int, %s) n ORDER BY n RETURNING id
"""
_MODULES = """
    INSERT INTO vehicles_module (company_id, vehicle_id, serial, secret_sha256, status, enrolled_at)
    SELECT %s, n.vehicle_id, n.serial, n.secret, 'active', '2010-01-01'
    FROM unnest(%s::int4[], %s::text[], %s::bytea[]) AS n (vehicle_id, serial, secret)
"""
_PROFILES = """
    INSERT INTO commerce_profile (vehicle_id, company_id, version, signals, commands)
    SELECT unnest(%s::int4[]), %s, 1, %s::jsonb, ARRAY['lock', 'unlock']
"""
_SHARES = """
    INSERT INTO commerce_moduleprofile (module_id, company_id, version, signals)
    SELECT m.id, m.company_id, 1, p.signals FROM vehicles_module m JOIN commerce_profile p USING (vehicle_id)
    WHERE m.vehicle_id = ANY (%s)
"""
_PERIODS = """
    INSERT INTO commerce_serviceperiod (vehicle_id, company_id, version, since, signals)
    SELECT vehicle_id, company_id, 1, '2000-01-01', ARRAY(SELECT jsonb_object_keys(signals))
    FROM commerce_profile WHERE vehicle_id = ANY (%s)
"""


def admin(config: Config) -> "psycopg.Connection[tuple[Any, ...]]":
    """As the embedded server's administrator, in autocommit mode."""
    return connect(config, "postgres", secret="postgres-admin")  # noqa: S106  # the name of a secret


def connect(config: Config, role: str, *, secret: str = "") -> "psycopg.Connection[tuple[Any, ...]]":
    """As this role, in autocommit mode."""
    where = config.endpoints()
    return psycopg.connect(
        host=where.postgres_host,
        port=where.postgres_port,
        dbname=where.database,
        user=role,
        password=config.secret(secret or f"postgres-{role}"),
        autocommit=True,
    )


def make(
    connection: "psycopg.Connection[tuple[Any, ...]]",
    vans: int,
    *,
    first: int = 0,
    signals: Iterable[str] = SIGNALS,
) -> tuple[int, list[str]]:
    """The company's id and one secret per module; module i has the serial `SERIAL.format(first + i)`."""
    (company_id,) = connection.execute(_COMPANY).fetchone() or (0,)
    vehicles = [row[0] for row in connection.execute(_VEHICLES, [company_id, first, first + vans - 1]).fetchall()]
    secrets = [hashlib.sha256(b"bench %d" % i).hexdigest() for i in range(first, first + vans)]
    hashes = [hashlib.sha256(secret.encode()).digest() for secret in secrets]
    serials = [SERIAL.format(i) for i in range(first, first + vans)]
    connection.execute(_MODULES, [company_id, vehicles, serials, hashes])
    connection.execute(_PROFILES, [vehicles, company_id, json.dumps(dict.fromkeys(signals, 0))])
    connection.execute(_SHARES, [vehicles])
    connection.execute(_PERIODS, [vehicles])
    return company_id, secrets
