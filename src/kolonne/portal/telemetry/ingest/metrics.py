"""Counters of the program, for Prometheus if somebody listens and for the log line at its end."""

from prometheus_client import Counter, Histogram

MESSAGES = Counter("kolonne_ingest_messages", "Telemetry messages received.")
SHED = Counter("kolonne_ingest_messages_shed", "Messages dropped unacknowledged because the database was away.")
POINTS = Counter("kolonne_ingest_points", "Points committed.")
DUPLICATES = Counter("kolonne_ingest_points_duplicate", "Points that were committed before, or lie beyond a gap.")
LOST = Counter("kolonne_ingest_points_lost", "Points that modules declared as dropped on board.")
REFUSED = Counter("kolonne_ingest_readings_refused", "Readings refused.", ["reason"])
LETTERS = Counter("kolonne_ingest_dead_letters", "Messages with something that could not be understood.")
FLUSHES = Counter("kolonne_ingest_flushes", "Transactions.", ["outcome"])
FLUSH_SECONDS = Histogram(
    "kolonne_ingest_flush_seconds", "Time of a flush.", buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5)
)
