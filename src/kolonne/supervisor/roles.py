"""The database and its roles: each program has one of its own and may do no more than its work.

`kolonne_owner` owns the tables and migrates them. `kolonne_app` (portal and worker) reads and writes rows, and
row-level security decides which. `kolonne_ingest`, `kolonne_registry` and `kolonne_signer` work for all companies at
once, so row-level security does not apply to them; the migrations grant them single tables instead.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from kolonne.config import Config
from kolonne.supervisor.errors import StartError

OWNER, APP = "kolonne_owner", "kolonne_app"


@dataclass(frozen=True)
class Role:
    name: str
    bypasses_row_security: bool = False


ROLES = (
    Role(OWNER),
    Role(APP),
    Role("kolonne_ingest", bypasses_row_security=True),
    Role("kolonne_registry", bypasses_row_security=True),
    Role("kolonne_signer", bypasses_row_security=True),
)

_GRANTS = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {database} TO {owner}",
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {others}",
    "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
    "GRANT USAGE ON SCHEMA public TO {others}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {others}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    # Among our functions are some that work with the owner's rights, such as the one that drops old days.
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM {others}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT EXECUTE ON FUNCTIONS TO {app}",
)


def prepare(config: Config, *, admin: str, server: str, database: str) -> None:
    """Makes database and roles, or brings them to the passwords of this data directory; may run any number of times.

    `admin` connects to the database `server`, which exists already, as somebody who may create roles.
    Raises StartError.
    """
    try:
        with psycopg.connect(admin, dbname=server, autocommit=True, connect_timeout=10) as connection:
            for role in ROLES:
                _bring_role(connection, role, config.secret(f"postgres-{role.name}"))
            _bring_database(connection, database)
        with psycopg.connect(admin, dbname=database, connect_timeout=10) as connection:
            _grant(connection, database)
    except psycopg.Error as error:
        raise StartError(f"the database {database!r} and its roles cannot be prepared: {str(error).strip()}") from error


def _bring_role(connection: "psycopg.Connection[tuple[object, ...]]", role: Role, password: str) -> None:
    """The password leaves this process only as its SCRAM verifier, so it cannot end up in the server's log."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.name.encode(), b"scram-sha-256").decode()
    known = connection.execute("SELECT rolbypassrls FROM pg_roles WHERE rolname = %s", [role.name]).fetchone()
    verb = sql.SQL("ALTER" if known else "CREATE")
    wanted = sql.SQL("BYPASSRLS" if role.bypasses_row_security else "NOBYPASSRLS")
    if known and known[0] is role.bypasses_row_security:
        wanted = sql.SQL("")  # Only a superuser may say it again on a server of one's own.
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
            verb, sql.Identifier(role.name), wanted, sql.Literal(verifier)
        )
    )


def _bring_database(connection: "psycopg.Connection[tuple[object, ...]]", database: str) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(database))
        )


def _grant(connection: "psycopg.Connection[tuple[object, ...]]", database: str) -> None:
    # Default privileges of a role can be set by its members only; a superuser counts as a member of all.
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
    names = {
        "database": sql.Identifier(database),
        "owner": sql.Identifier(OWNER),
        "app": sql.Identifier(APP),
        "others": sql.SQL(", ").join(sql.Identifier(role.name) for role in ROLES if role.name != OWNER),
    }
    for statement in _GRANTS:
        connection.execute(sql.SQL(statement).format(**names))
