"""All modules in memory, and what changed since the last look."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg

from kolonne.wire.messages import Profile, encode_json

# A device that was enrolled anew has a row of each time; the one that is not revoked, else the latest, is meant.
_QUERY = """
    SELECT DISTINCT ON (m.serial) m.serial, m.id, m.company_id, m.vehicle_id, m.status = 'active', m.secret_sha256,
        m.public_key, coalesce(p.version, 0), coalesce(p.signals::text, '{{}}')
    FROM vehicles_module m LEFT JOIN commerce_moduleprofile p ON p.module_id = m.id {where}
    ORDER BY m.serial, m.status = 'revoked', m.id DESC
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A module as the database knows it."""

    serial: str
    module_id: int
    company_id: int
    vehicle_id: int
    active: bool
    secret_sha256: bytes
    public_key: bytes | None
    """None until the first hello introduced one."""
    profile_version: int
    signals: str
    """JSON of short names and smallest intervals."""

    def profile(self) -> bytes:
        """The message that tells the module what to collect; no signals means silence."""
        signals = msgspec.json.decode(self.signals, type=dict[str, float])
        return encode_json(Profile(version=self.profile_version, signals=signals))


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look at the database brought."""

    locked_out: list[str]
    """Serials whose sessions must end: revoked, removed, or with a new secret."""
    profiles: list[Entry]
    """Modules that must be told what to collect."""


class Index:
    """Modules by serial."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def get(self, serial: str) -> Entry | None:
        return self._entries.get(serial)

    def __len__(self) -> int:
        return len(self._entries)

    async def reload(self, connection: psycopg.AsyncConnection[Any]) -> Changes:
        """Reads everything."""
        rows = await (await connection.execute(_QUERY.format(where=""))).fetchall()
        return self._replace(self._entries.keys() | {row[0] for row in rows}, [Entry(*row) for row in rows])

    async def reload_one(self, connection: psycopg.AsyncConnection[Any], serial: str) -> Changes:
        """Reads one module."""
        rows = await (await connection.execute(_QUERY.format(where="WHERE m.serial = %s"), [serial])).fetchall()
        return self._replace({serial}, [Entry(*row) for row in rows])

    def _replace(self, serials: Iterable[str], entries: list[Entry]) -> Changes:
        now = {entry.serial: entry for entry in entries}
        changes = Changes([], [])
        for serial in serials:
            before, after = self._entries.pop(serial, None), now.get(serial)
            if after is not None:
                self._entries[serial] = after
            _compare(changes, serial, before, after)
        return changes


def _compare(changes: Changes, serial: str, before: Entry | None, after: Entry | None) -> None:
    if after is None or not after.active:
        if before is not None and before.active:
            changes.locked_out.append(serial)
        return
    if before is not None and before.secret_sha256 != after.secret_sha256:
        changes.locked_out.append(serial)
    if before is None or (before.profile_version, before.signals) != (after.profile_version, after.signals):
        changes.profiles.append(after)
