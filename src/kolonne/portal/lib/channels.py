"""PostgreSQL's channels that wake our programs. Whoever listens also reads again every few seconds."""

MODULES = "kolonne_modules"
"""A binding, a collection profile or a revocation changed; payload: the module's serial."""
COMMANDS = "kolonne_commands"
"""A command wants to be signed; payload: its id, or nothing when a module has said hello."""
CERTIFICATES = "kolonne_certificates"
"""A module's certificate wants to be issued; no payload."""
PEOPLE = "kolonne_people"
"""Somebody's sessions have ended; payload: the person's id."""
SERVICES = "kolonne_services"
"""What may be seen of a company's vans may have changed; payload: the company's id, and `VAN_LEFT` if one did."""
VAN_LEFT = "left"

FLUSHES = 0x4B4F4C46
"""First key of the advisory locks between flushes of ingest and the end of services; the other is the bucket."""
_BUCKETS = 256


def flush_bucket(company_id: int) -> int:
    """A flush holds one lock for each, however many companies there are: the server's table of locks is bounded."""
    return company_id % _BUCKETS
