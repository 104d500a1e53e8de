"""How the programs of this context, which know no Django, reach PostgreSQL."""

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg

from kolonne.config import Config

Connect = Callable[[], Awaitable[psycopg.AsyncConnection[Any]]]

READ_AGAIN_S = 5.0
"""Whoever follows a channel of the database also reads everything anew so often: a lost notification costs seconds."""
_TIMEOUT_S = 5


def connector(config: Config, role: str, *, name: str) -> Connect:
    """A function that opens an autocommit connection as `role`. It reads the address anew each time, because
    the database may come back on another port. Raises psycopg.OperationalError, ConfigError."""

    async def connect() -> psycopg.AsyncConnection[Any]:
        where = config.endpoints()
        return await psycopg.AsyncConnection.connect(
            host=where.postgres_host,
            port=where.postgres_port,
            dbname=where.database,
            user=role,
            password=config.secret(f"postgres-{role}"),
            application_name=name,
            connect_timeout=_TIMEOUT_S,
            # A server that vanished without a word is given up after about 20 seconds.
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=2,
            tcp_user_timeout=20_000,
            autocommit=True,
        )

    return connect
