"""Who a serial is: its module, vehicle, company and what its services allow, from the database."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec
import psycopg

from kolonne.portal.telemetry.ingest.plans import Profile, profile_of

CLOCK_TOLERANCE_MS = 10_000
"""By so much a module's clock may be behind when it is enrolled, and its first readings count nevertheless."""
LATE_DAYS = 30
"""So long after a van's services changed, readings from before the change are still taken."""
NO_SERVICE, REVOKED, RETIRED, NOT_IN_PROFILE = "no_service", "revoked", "retired", "not_in_profile"
BEFORE_START, NOT_ACTIVE_THEN, FOREIGN_EPOCH = "before_start", "not_active_then", "foreign_epoch"
_NEVER = 1 << 60

# A device that was enrolled anew has a row of each time; the one that is not revoked, else the latest, is meant.
_QUERY = """
    SELECT DISTINCT ON (m.serial) m.serial, m.id, m.vehicle_id, m.company_id,
        CASE WHEN m.status = 'active' AND v.removed_at IS NOT NULL THEN 'retiring' ELSE m.status END,
        p.version, p.signals::text, ceil(extract(epoch FROM s.since) * 1000)::int8,
        ceil(extract(epoch FROM v.added_at) * 1000)::int8, ceil(extract(epoch FROM m.enrolled_at) * 1000)::int8
    FROM vehicles_module m JOIN vehicles_vehicle v ON v.id = m.vehicle_id
    LEFT JOIN commerce_moduleprofile p ON p.module_id = m.id
    LEFT JOIN commerce_serviceperiod s ON s.vehicle_id = m.vehicle_id AND s.until IS NULL
    {where} ORDER BY m.serial, m.status = 'revoked', m.id DESC
"""
_PAST = """
    SELECT s.vehicle_id, ceil(extract(epoch FROM s.since) * 1000)::int8,
        ceil(extract(epoch FROM s.until) * 1000)::int8, s.signals
    FROM commerce_serviceperiod s WHERE s.until > now() - make_interval(days => %s) {where} ORDER BY s.since
"""
# Of the same device in another van: what was numbered there was measured there. NULL if nothing of it arrived.
_FOREIGN = """
    SELECT m.id, e.epoch FROM vehicles_module m
    JOIN vehicles_module o ON o.serial = m.serial AND o.id < m.id AND o.vehicle_id <> m.vehicle_id
    LEFT JOIN LATERAL (
        SELECT epoch FROM telemetry.cursor WHERE module_id = o.id
        UNION SELECT epoch FROM vehicles_modulesession WHERE module_id = o.id
    ) e ON true WHERE m.status <> 'revoked' {where}
"""


class Past(NamedTuple):
    """What the van's services allowed before those that run now."""

    since_ms: int
    until_ms: int
    signals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Binding:
    """A module's place. A module that is not in service, or whose van has no service, has an empty profile."""

    serial: str
    module_id: int
    vehicle_id: int
    company_id: int
    profile: Profile
    refusal: str
    """Why readings outside the profile are refused."""
    version: int | None = None
    """Of the module's profile; compared again when its readings are stored."""
    floor_ms: int = 0
    """The van was not the company's, or the module not in it, before."""
    since_ms: int = 0
    """From then on all of the profile may be stored; what is older is looked at closely."""
    past: tuple[Past, ...] = ()
    foreign: frozenset[str] | None = None
    """Epochs in which the same device numbered what it measured in another van; None if it was in no other."""

    def then(self, t_ms: int) -> tuple[frozenset[str], str]:
        """The signals that may be stored of a time before `since_ms`, and why others may not."""
        if t_ms < self.floor_ms:
            return frozenset(), BEFORE_START
        if t_ms >= self.since_ms:
            return self.profile.signals, NOT_ACTIVE_THEN
        allowed = (one.signals for one in self.past if one.since_ms <= t_ms < one.until_ms)
        return frozenset().union(*allowed), NOT_ACTIVE_THEN

    def closed(self, reason: str) -> "Binding":
        """The same module, of which nothing is stored."""
        return replace(self, profile=profile_of(frozenset()), refusal=reason)


class Bindings:
    """All bindings, by serial as it stands in a subject. Read whole at the start and every few seconds, and one
    module at once when the database says that it changed."""

    def __init__(self, late_days: int = LATE_DAYS) -> None:
        self._by_serial: dict[bytes, Binding] = {}
        self._late_days = late_days

    def get(self, serial: bytes) -> Binding | None:
        return self._by_serial.get(serial)

    def __len__(self) -> int:
        return len(self._by_serial)

    async def reload(self, connection: psycopg.AsyncConnection[Any]) -> None:
        rows = await (await connection.execute(_QUERY.format(where=""))).fetchall()
        # Read after the bindings: what ended in between stands here, and the binding's version is found to be old.
        past = await self._past(connection, "", [])
        foreign = await _foreign(connection, "", [])
        self._by_serial = {row[0].encode(): _binding(row, past, foreign) for row in rows}

    async def reload_one(self, connection: psycopg.AsyncConnection[Any], serial: str) -> None:
        row = await (await connection.execute(_QUERY.format(where="WHERE m.serial = %s"), [serial])).fetchone()
        if row is None:
            self._by_serial.pop(serial.encode(), None)
            return
        past = await self._past(connection, "AND s.vehicle_id = %s", [row[2]])
        foreign = await _foreign(connection, "AND m.id = %s", [row[1]])
        self._by_serial[serial.encode()] = _binding(row, past, foreign)

    async def _past(
        self, connection: psycopg.AsyncConnection[Any], where: str, values: list[int]
    ) -> dict[int, list[Past]]:
        found = await connection.execute(_PAST.format(where=where), [self._late_days, *values])
        past = defaultdict(list)
        for vehicle_id, since_ms, until_ms, signals in await found.fetchall():
            past[vehicle_id].append(Past(since_ms, until_ms, frozenset(signals)))
        return past


async def _foreign(connection: psycopg.AsyncConnection[Any], where: str, values: list[int]) -> dict[int, set[str]]:
    found = await connection.execute(_FOREIGN.format(where=where), values)
    epochs = defaultdict[int, set[str]](set)
    for module_id, epoch in await found.fetchall():
        epochs[module_id] |= {epoch} - {None}
    return epochs


def _binding(row: tuple[Any, ...], past: dict[int, list[Past]], foreign: dict[int, set[str]]) -> Binding:
    serial, module_id, vehicle_id, company_id, status, version, signals, since_ms, added_ms, enrolled_ms = row
    allowed = frozenset(msgspec.json.decode(signals, type=dict[str, float])) if signals else frozenset[str]()
    if status != "active":
        allowed, refusal = frozenset(), RETIRED if status == "retiring" else REVOKED
    else:
        refusal = NOT_IN_PROFILE if allowed else NO_SERVICE
    floor_ms = max(added_ms, enrolled_ms - CLOCK_TOLERANCE_MS)
    return Binding(
        serial, module_id, vehicle_id, company_id, profile_of(allowed), refusal, version,
        floor_ms=floor_ms,
        since_ms=max(floor_ms, _NEVER if since_ms is None else since_ms),
        past=tuple(past.get(vehicle_id, ())),
        foreign=frozenset(foreign[module_id]) if module_id in foreign else None,
    )  # fmt: skip
