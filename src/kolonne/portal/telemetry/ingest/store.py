"""The database's side of ingest: one connection, one transaction per flush."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog

from kolonne.portal.lib.channels import FLUSHES, flush_bucket
from kolonne.portal.telemetry.ingest import rows
from kolonne.portal.telemetry.ingest.draft import Draft, Epoch
from kolonne.portal.telemetry.ingest.states import States
from kolonne.wire.messages import encode_json

log = structlog.get_logger()

Connection = psycopg.AsyncConnection[Any]

MAX_EPOCHS = 1000
"""A module begins an epoch when its store was lost; one that begins more than this is broken or worse."""

_COPY = f"COPY telemetry.sample ({', '.join(rows.COLUMNS)}) FROM STDIN (FORMAT binary)"
_MOVE = """
    UPDATE telemetry.cursor c
    SET sequence = n.sequence, points_dropped = c.points_dropped + n.lost, company_id = n.company_id, updated = now()
    FROM unnest(%b::int4[], %b::int4[], %b::text[], %b::int8[], %b::int8[], %b::int8[])
        AS n (module_id, company_id, epoch, old_sequence, sequence, lost)
    WHERE c.module_id = n.module_id AND c.epoch = n.epoch AND c.sequence = n.old_sequence
"""
_BEGIN = """
    INSERT INTO telemetry.cursor (module_id, company_id, epoch)
    SELECT m.id, m.company_id, n.epoch
    FROM unnest(%b::int4[], %b::text[]) AS n (module_id, epoch) JOIN vehicles_module m ON m.id = n.module_id
    WHERE (SELECT count(*) FROM telemetry.cursor c WHERE c.module_id = m.id) < %b
    ON CONFLICT DO NOTHING
"""
_CURSORS = """
    SELECT c.module_id, c.epoch, c.sequence
    FROM telemetry.cursor c JOIN unnest(%b::int4[], %b::text[]) AS n (module_id, epoch) USING (module_id, epoch)
"""
# Whoever ends services takes these locks whole; then he waits for the flushes that have begun, and no new one begins.
_BUSY = "SELECT b FROM unnest(%b::int4[]) b WHERE NOT pg_try_advisory_xact_lock_shared(%b, b)"
_CHANGED = """
    SELECT n.module_id
    FROM unnest(%b::int4[], %b::int4[]) AS n (module_id, version)
    LEFT JOIN commerce_moduleprofile p ON p.module_id = n.module_id
    WHERE p.version IS DISTINCT FROM n.version
"""
_STATES = """
    INSERT INTO telemetry.state
        (vehicle_id, company_id, ts, received, lat, lon, heading, speed, soc, fuel_level, signals)
    SELECT vehicle_id, company_id, to_timestamp(t), to_timestamp(%b::float8), lat, lon, heading, speed, soc,
        fuel_level, signals
    FROM unnest(%b::int4[], %b::int4[], %b::float8[], %b::float8[], %b::float8[], %b::float8[], %b::float8[],
                %b::float8[], %b::int2[], %b::text[])
        AS n (vehicle_id, company_id, t, lat, lon, heading, speed, soc, fuel_level, signals)
    ON CONFLICT (vehicle_id) DO UPDATE SET
        company_id = excluded.company_id, ts = excluded.ts, received = excluded.received, lat = excluded.lat,
        lon = excluded.lon, heading = excluded.heading, speed = excluded.speed, soc = excluded.soc,
        fuel_level = excluded.fuel_level, signals = excluded.signals
"""
_STATE_SIGNALS = ("lat", "lon", "heading", "speed", "soc", "fuel_level")
_TRANSITIONS = """
    INSERT INTO telemetry.transition (company_id, vehicle_id, ts, signal, old, new)
    SELECT company_id, vehicle_id, to_timestamp(t), signal, old, new
    FROM unnest(%b::int4[], %b::int4[], %b::float8[], %b::text[], %b::text[], %b::text[])
        AS n (company_id, vehicle_id, t, signal, old, new)
"""
_REFUSALS = """
    INSERT INTO telemetry.refusal AS r (company_id, vehicle_id, day, reason, signal, count)
    SELECT company_id, vehicle_id, %b::date, reason, signal, count
    FROM unnest(%b::int4[], %b::int4[], %b::text[], %b::text[], %b::int8[])
        AS n (company_id, vehicle_id, reason, signal, count)
    ON CONFLICT (vehicle_id, day, reason, signal) DO UPDATE SET count = r.count + excluded.count
"""
# The company is the van's own of this moment: counts that waited may be older than its last merge. A van that is gone
# is counted no more.
_TRAFFIC = """
    INSERT INTO telemetry.traffic AS t (company_id, vehicle_id, day, country, messages, bytes)
    SELECT v.company_id, v.id, %b::date, n.country, n.messages, n.bytes
    FROM unnest(%b::int4[], %b::text[], %b::int8[], %b::int8[]) AS n (vehicle_id, country, messages, bytes)
    JOIN vehicles_vehicle v ON v.id = n.vehicle_id
    ON CONFLICT (vehicle_id, day, country)
    DO UPDATE SET messages = t.messages + excluded.messages, bytes = t.bytes + excluded.bytes
"""
_LETTERS = """
    INSERT INTO telemetry.dead_letter (company_id, serial, received, reason, payload)
    SELECT company_id, serial, now(), reason, payload
    FROM unnest(%b::int4[], %b::text[], %b::text[], %b::bytea[]) AS n (company_id, serial, reason, payload)
"""


class Overtaken(Exception):
    """A cursor in the database is not where this program left it: somebody else stores for the same modules."""


class Changing(Exception):
    """Services of some vans change right now, or did since their messages were read: `modules` are to be asked anew."""

    def __init__(self, modules: set[int]) -> None:
        super().__init__(f"{len(modules)} modules have other services now")
        self.modules = modules


async def commit(connection: Connection, draft: Draft) -> None:
    """Writes everything or nothing. Raises Overtaken, Changing, psycopg.Error."""
    async with connection.transaction():
        if draft.moves:
            await _move_cursors(connection, draft)
        if draft.states:
            await _write_states(connection, draft)
        if draft.transitions:
            await _write_transitions(connection, draft)
        if draft.refusals:
            await _write_refusals(connection, draft)
        if draft.rows:
            # From here on nothing waits: what is above may have waited for the row of a van.
            await _check_services(connection, draft)
            async with connection.cursor().copy(_COPY) as copy:
                await copy.write(b"".join((rows.HEADER, *draft.rows, rows.TRAILER)))
        if draft.traffic:
            await _write_traffic(connection, draft)
        if draft.letters:
            await connection.execute(_LETTERS, list(map(list, zip(*draft.letters, strict=True))))


async def load_cursors(connection: Connection, epochs: Iterable[Epoch]) -> dict[Epoch, int]:
    """The committed cursors; an epoch's first sight makes its row, unless its module has begun too many."""
    wanted = list(map(list, zip(*epochs, strict=True)))
    await connection.execute(_BEGIN, [*wanted, MAX_EPOCHS])
    found = await connection.execute(_CURSORS, wanted)
    return {Epoch(module_id, name): sequence for module_id, name, sequence in await found.fetchall()}


async def load_states(connection: Connection, states: States, vehicle_ids: list[int]) -> None:
    found = await connection.execute(
        "SELECT vehicle_id, signals FROM telemetry.state WHERE vehicle_id = ANY (%b)", [vehicle_ids]
    )
    stored = dict(await found.fetchall())
    for vehicle_id in vehicle_ids:
        states.load(vehicle_id, stored.get(vehicle_id))


async def letters_today(connection: Connection) -> dict[str, int]:
    """How many dead letters each serial has today, for the daily bound."""
    found = await connection.execute(
        "SELECT serial, count(*) FROM telemetry.dead_letter WHERE received >= date_trunc('day', now(), 'UTC') "
        "GROUP BY serial"
    )
    return dict(await found.fetchall())


async def _move_cursors(connection: Connection, draft: Draft) -> None:
    moves = sorted(draft.moves.items())
    moved = await connection.execute(
        _MOVE,
        [
            [epoch.module_id for epoch, _ in moves],
            [move.binding.company_id for _, move in moves],
            [epoch.name for epoch, _ in moves],
            [move.before for _, move in moves],
            [move.after for _, move in moves],
            [move.lost for _, move in moves],
        ],
        prepare=True,
    )
    if moved.rowcount != len(moves):
        raise Overtaken(f"{len(moves) - moved.rowcount} of {len(moves)} cursors are elsewhere")


async def _check_services(connection: Connection, draft: Draft) -> None:
    """Holds the services as they are until the end of the transaction. Raises Changing: then nothing is stored of
    what they do not allow any more (VH-04)."""
    bindings = {move.binding.module_id: move.binding for move in draft.moves.values()}
    buckets = sorted({flush_bucket(binding.company_id) for binding in bindings.values()})
    busy = {row[0] for row in await (await connection.execute(_BUSY, [buckets, FLUSHES], prepare=True)).fetchall()}
    if busy:
        raise Changing({b.module_id for b in bindings.values() if flush_bucket(b.company_id) in busy})
    versions = [binding.version for binding in bindings.values()]
    changed = await connection.execute(_CHANGED, [list(bindings), versions], prepare=True)
    if rows_changed := {row[0] for row in await changed.fetchall()}:
        raise Changing(rows_changed)


async def _write_states(connection: Connection, draft: Draft) -> None:
    vans = [draft.states[vehicle_id] for vehicle_id in sorted(draft.states)]
    columns: Iterable[list[Any]] = (
        [(cell := state.cells.get(name)) and cell[0] for _, state in vans] for name in _STATE_SIGNALS
    )
    await connection.execute(
        _STATES,
        [
            draft.received_ms / 1000,
            [binding.vehicle_id for binding, _ in vans],
            [binding.company_id for binding, _ in vans],
            [state.newest_ms / 1000 for _, state in vans],
            *columns,
            [state.encode() for _, state in vans],
        ],
        prepare=True,
    )


async def _write_transitions(connection: Connection, draft: Draft) -> None:
    await connection.execute(
        _TRANSITIONS,
        [
            [binding.company_id for binding, _ in draft.transitions],
            [binding.vehicle_id for binding, _ in draft.transitions],
            [transition.ts_ms / 1000 for _, transition in draft.transitions],
            [transition.signal for _, transition in draft.transitions],
            [encode_json(transition.old).decode() for _, transition in draft.transitions],
            [encode_json(transition.new).decode() for _, transition in draft.transitions],
        ],
    )


async def _write_traffic(connection: Connection, draft: Draft) -> None:
    rows = sorted(draft.traffic.items())
    await connection.execute(
        _TRAFFIC,
        [
            datetime.fromtimestamp(draft.received_ms / 1000, UTC).date(),
            [sent.vehicle_id for sent, _ in rows],
            [sent.country for sent, _ in rows],
            [amount.messages for _, amount in rows],
            [amount.bytes for _, amount in rows],
        ],
    )


async def _write_refusals(connection: Connection, draft: Draft) -> None:
    keys = sorted(draft.refusals)
    await connection.execute(
        _REFUSALS,
        [
            datetime.fromtimestamp(draft.received_ms / 1000, UTC).date(),
            *([key[field] for key in keys] for field in range(4)),
            [draft.refusals[key] for key in keys],
        ],
    )
