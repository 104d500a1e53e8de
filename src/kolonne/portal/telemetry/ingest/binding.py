"""Who a serial is: its module, vehicle, company and what its services allow, from the database."""

from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg

from kolonne.portal.telemetry.ingest.plans import Profile, profile_of

# A device that was enrolled anew has a row of each time; the one that is not revoked, else the latest, is meant.
_QUERY = """
    SELECT DISTINCT ON (m.serial) m.serial, m.id, m.vehicle_id, m.company_id, m.status, p.signals::text
    FROM vehicles_module m LEFT JOIN commerce_moduleprofile p ON p.module_id = m.id {where}
    ORDER BY m.serial, m.status = 'revoked', m.id DESC
"""
NO_SERVICE, REVOKED, NOT_IN_PROFILE = "no_service", "revoked", "not_in_profile"


@dataclass(frozen=True, slots=True)
class Binding:
    """A module's place. A revoked module, or one whose van has no service, has an empty profile."""

    serial: str
    module_id: int
    vehicle_id: int
    company_id: int
    profile: Profile
    refusal: str
    """Why readings outside the profile are refused."""


class Bindings:
    """All bindings, by serial as it stands in a subject. Read whole at the start and every few seconds, and one
    module at once when the database says that it changed."""

    def __init__(self) -> None:
        self._by_serial: dict[bytes, Binding] = {}

    def get(self, serial: bytes) -> Binding | None:
        return self._by_serial.get(serial)

    def __len__(self) -> int:
        return len(self._by_serial)

    async def reload(self, connection: psycopg.AsyncConnection[Any]) -> None:
        rows = await (await connection.execute(_QUERY.format(where=""))).fetchall()
        self._by_serial = {row[0].encode(): _binding(*row) for row in rows}

    async def reload_one(self, connection: psycopg.AsyncConnection[Any], serial: str) -> None:
        row = await (await connection.execute(_QUERY.format(where="WHERE m.serial = %s"), [serial])).fetchone()
        if row is None:
            self._by_serial.pop(serial.encode(), None)
        else:
            self._by_serial[serial.encode()] = _binding(*row)


def _binding(
    serial: str, module_id: int, vehicle_id: int, company_id: int, status: str, signals: str | None
) -> Binding:
    allowed = frozenset(msgspec.json.decode(signals, type=dict[str, float])) if signals else frozenset[str]()
    if status != "active":
        return Binding(serial, module_id, vehicle_id, company_id, profile_of(frozenset()), REVOKED)
    refusal = NOT_IN_PROFILE if allowed else NO_SERVICE
    return Binding(serial, module_id, vehicle_id, company_id, profile_of(allowed), refusal)
