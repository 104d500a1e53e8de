"""What tests of ingest and of retention share."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from kolonne.config import Config


@pytest.fixture
def admin(platform: Config) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    """The database without row-level security."""
    where = platform.endpoints()
    with psycopg.connect(
        host=where.postgres_host,
        port=where.postgres_port,
        dbname=where.database,
        user="postgres",
        password=platform.secret("postgres-admin"),
        autocommit=True,
    ) as connection:
        yield connection
