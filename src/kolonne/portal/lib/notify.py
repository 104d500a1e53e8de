"""Wake-ups that travel with the transaction: PostgreSQL delivers them on COMMIT or not at all."""

from django.db import connection

MODULES = "kolonne_modules"
"""A binding, a collection profile or a revocation changed; payload: the module's serial."""
COMMANDS = "kolonne_commands"
"""A command wants to be signed; payload: its id."""


def notify(channel: str, payload: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])
