"""Wake-ups that travel with the transaction: PostgreSQL delivers them on COMMIT or not at all."""

from django.db import connection

from kolonne.portal.lib.channels import CERTIFICATES, COMMANDS, FLUSHES, MODULES, PEOPLE, SERVICES, flush_bucket

__all__ = ["CERTIFICATES", "COMMANDS", "MODULES", "PEOPLE", "SERVICES", "hold_flushes", "notify"]


def notify(channel: str, payload: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])


def hold_flushes(company_id: int) -> None:
    """Waits for flushes of ingest that have begun, and lets none begin for this company until the transaction ends.

    Call it before you take the time at which services end: then nothing newer is stored (VH-04).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [FLUSHES, flush_bucket(company_id)])
