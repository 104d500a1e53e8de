"""The only writes of the portal's side: days are made, and what is too old goes. All else is written by ingest."""

from dataclasses import dataclass

from django.db import connection

RETENTION_DAYS = 90
"""Of samples and transitions, by vehicle time."""
REFUSAL_DAYS = 400
"""Of counted refusals: a year can be compared with the year before."""
TRAFFIC_DAYS = 400
"""Of counted traffic: as long."""
_BATCH = 10_000


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


def forget_old(*, transition_days: int = RETENTION_DAYS, refusal_days: int = REFUSAL_DAYS, batch: int = _BATCH) -> int:
    """Deletes old transitions and refusals, and returns how many. Each batch is a transaction of its own, unless the
    caller has one open."""
    forgotten = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT telemetry.forget_old(%s, %s, %s)", [transition_days, refusal_days, batch])
            (deleted,) = cursor.fetchone()
            if not deleted:
                return forgotten
            forgotten += deleted


def forget_old_traffic(*, days: int = TRAFFIC_DAYS, batch: int = _BATCH) -> int:
    """The same for how much vans sent (VH-07)."""
    forgotten = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT telemetry.forget_traffic(%s, %s)", [days, batch])
            (deleted,) = cursor.fetchone()
            if not deleted:
                return forgotten
            forgotten += deleted
