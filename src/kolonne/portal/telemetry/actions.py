"""The only write of the portal's side: keeping the days of samples. Everything else is written by ingest."""

from dataclasses import dataclass

from django.db import connection

RETENTION_DAYS = 90


@dataclass(frozen=True)
class Maintained:
    """What a run did: days made, days dropped, rows deleted that were received too long ago."""

    made: int
    dropped: int
    deleted: int


def maintain_partitions(*, retention_days: int = RETENTION_DAYS, days_ahead: int = 7) -> Maintained:
    """Makes the partitions of the coming days and drops those beyond retention. Run it daily; twice does no harm."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT made, dropped, deleted FROM telemetry.maintain(%s, %s)", [retention_days, days_ahead])
        return Maintained(*cursor.fetchone())
