"""All modules in memory, and what changed since the last look."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psycopg

from kolonne.wire.messages import Profile, encode_json

OVERLAP_H = 24
"""So long a certificate opens the door after a later one was issued."""

# A device that was enrolled anew has a row of each time; the one that is not revoked, else the latest, is meant.
_QUERY = f"""
    SELECT DISTINCT ON (m.serial) m.serial, m.id, m.company_id, m.vehicle_id, m.status = 'active', m.secret_sha256,
        m.public_key, coalesce(p.version, 0), coalesce(p.signals::text, '{{{{}}}}'), m.status = 'retiring',
        ARRAY(
            SELECT encode(c.fingerprint, 'hex') || ' ' || floor(extract(
                epoch FROM least(c.not_after, c.superseded_at + interval '{OVERLAP_H} hours')))
            FROM vehicles_modulecertificate c
            WHERE c.module_id = m.id AND c.revoked_at IS NULL AND c.fingerprint IS NOT NULL)
    FROM vehicles_module m LEFT JOIN commerce_moduleprofile p ON p.module_id = m.id {{where}}
    ORDER BY m.serial, m.status = 'revoked', m.id DESC
"""  # noqa: S608  # put together from constants


@dataclass(frozen=True, slots=True)
class Entry:
    """A module as the database knows it."""

    serial: str
    module_id: int
    company_id: int
    vehicle_id: int
    active: bool
    secret_sha256: bytes | None
    """None for a module that has certificates only."""
    public_key: bytes | None
    """None until the first hello introduced one."""
    profile_version: int
    signals: str
    """JSON of short names and smallest intervals."""
    retiring: bool = False
    """Let in, and told to be silent: it waits for the order to wipe itself."""
    certificates: list[str] = field(default_factory=list)
    """Of each that was not revoked: fingerprint in hexadecimal, a space, and until when it opens the door, in seconds
    since 1970."""

    @property
    def may_connect(self) -> bool:
        return self.active or self.retiring

    def valid_until(self) -> dict[str, int]:
        """Fingerprints with their ends."""
        return {name: int(end) for name, _, end in (one.partition(" ") for one in self.certificates)}

    def profile(self) -> bytes:
        """The message that tells the module what to collect; no signals means silence."""
        signals = msgspec.json.decode(self.signals, type=dict[str, float]) if self.active else {}
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
    if after is None or not after.may_connect:
        if before is not None and before.may_connect:
            changes.locked_out.append(serial)
        return
    if before is not None and _is_other(before, after):
        changes.locked_out.append(serial)
    if before is None or _told(before) != _told(after):
        changes.profiles.append(after)


def _told(entry: Entry) -> tuple[int, str, bool]:
    return entry.profile_version, entry.signals, entry.active


def _is_other(before: Entry, after: Entry) -> bool:
    """Whether the session that may live was begun with what does not count any more."""
    if (before.module_id, before.secret_sha256) != (after.module_id, after.secret_sha256):
        return True
    known, now = after.valid_until(), time.time()
    return any(end > now and name not in known for name, end in before.valid_until().items())
