"""Wake-ups that travel with the transaction: PostgreSQL delivers them on COMMIT or not at all."""

from django.db import connection

from kolonne.portal.lib.channels import COMMANDS, MODULES, PEOPLE

__all__ = ["COMMANDS", "MODULES", "PEOPLE", "notify"]


def notify(channel: str, payload: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])
