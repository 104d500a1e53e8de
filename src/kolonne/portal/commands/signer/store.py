"""The signer's SQL. Every function runs in its caller's transaction, as the role `kolonne_signer`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row, scalar_row, tuple_row
from psycopg.types.json import Jsonb

from kolonne.portal.commands import lifecycle
from kolonne.portal.commands.lifecycle import State
from kolonne.portal.lib import channels

Connection = AsyncConnection[Any]

_OPENINGS_LOCK = 0x4B6F6C6F  # any constant: openings are counted and decided one after the other
_VANS_LOCK = _OPENINGS_LOCK << 32  # plus the van's id: its commands are signed one after the other
PAGE = 1000
WAITING_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Order:
    """A locked command with all that decides whether it may go, and where."""

    id: UUID
    company_id: int
    vehicle_id: int
    name: str
    args: dict[str, Any]
    pin_user_id: int | None
    pin_sealed: bytes | None
    state: str
    module_id: int
    serial: str
    epoch: str
    boot: str
    session_counter: int
    expires_ms: int
    """The command's end on the module's session clock."""
    is_entitled: bool
    is_capable: bool


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A signed command whose last word is missing."""

    created_at: datetime
    id: UUID
    serial: str
    signed: bytes


_BEFORE_ALL = Unanswered(datetime.min.replace(tzinfo=UTC), UUID(int=0), "", b"")


@dataclass(frozen=True, slots=True)
class Pin:
    user_id: int
    hash: str
    failures: int
    locked: bool


# Of several modules the first that can carry it out; once signed, it stays with the one that it was signed for.
_IN_CHARGE = """coalesce(c.module_id, (
    SELECT o.id FROM vehicles_module o JOIN vehicles_modulesession os ON os.module_id = o.id
    WHERE o.vehicle_id = c.vehicle_id AND o.company_id = c.company_id AND o.status = 'active'
    ORDER BY c.name = ANY (os.capabilities) DESC, o.rank LIMIT 1))"""
_WITH_MODULE = f"""
    FROM commands_command c
    JOIN vehicles_module m ON m.vehicle_id = c.vehicle_id AND m.company_id = c.company_id AND (
        m.status = 'active' AND c.name <> 'wipe' AND m.id = {_IN_CHARGE}
        OR m.status = 'retiring' AND c.name = 'wipe' AND m.serial = c.args ->> 'serial')
    JOIN vehicles_modulesession s ON s.module_id = m.id
    LEFT JOIN commerce_profile p ON p.vehicle_id = c.vehicle_id AND p.company_id = c.company_id
"""
# The wipe is the platform's own order: no service has to allow it.
_ALLOWED = "(c.name = 'wipe' OR coalesce(c.name = ANY (p.commands), false))"
# A module that was restarted refuses what was signed for its earlier start. If its hello says that the number was
# never accepted, the command may be signed again: whatever happens, the van executes it once at most.
_RESTARTED = "s.boot <> c.boot AND s.epoch = c.epoch AND s.counter < c.counter AND m.id = c.module_id"
_GRACE = {state.value: allowed for state, allowed in lifecycle.GRACE.items()}
# A number below one that the module has used up is refused for ever, and the network may lose or overtake a message.
# So the next command is signed only when nothing that the module might still accept is on its way.
_FREE = """NOT EXISTS (
    SELECT 1 FROM commands_command f WHERE f.vehicle_id = c.vehicle_id AND f.module_id = m.id AND f.state = 'sent'
        AND f.boot = s.boot AND f.epoch = s.epoch AND f.name = ANY (p.commands))"""
_WAITS = f"""(c.state = 'queued' OR c.state = 'sent' AND {_RESTARTED} AND {_ALLOWED})
    AND c.expires_at > clock_timestamp() AND {_FREE}"""


async def waiting(db: Connection) -> list[UUID]:
    """Commands that could be signed now: the oldest of every van, oldest first."""
    query = f"""
        SELECT id FROM (
            SELECT DISTINCT ON (m.id) c.id, c.created_at {_WITH_MODULE} WHERE {_WAITS} ORDER BY m.id, c.created_at, c.id
        ) AS next ORDER BY created_at LIMIT %s
    """  # noqa: S608  # put together from constants
    async with db.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(query, [WAITING_AT_ONCE])
        return await cursor.fetchall()


async def wake_next(db: Connection, module_id: int) -> None:
    """Wakes the signers, when the caller commits, for the command that this module can be sent next."""
    query = f"""
        SELECT pg_notify(%s, id::text) FROM (
            SELECT c.id {_WITH_MODULE} WHERE m.id = %s AND {_WAITS} ORDER BY c.created_at, c.id LIMIT 1) AS next
    """  # noqa: S608  # put together from constants
    await db.execute(query, [channels.COMMANDS, module_id])


async def lock_waiting(db: Connection, command_id: UUID) -> Order | None:
    """The command, locked; other commands for its van wait until the caller has committed.

    None if somebody else has it, it is not waiting any more or not yet free to go, or its module never came.
    """
    await db.execute(
        "SELECT pg_advisory_xact_lock(%s + vehicle_id) FROM commands_command WHERE id = %s", [_VANS_LOCK, command_id]
    )
    query = f"""
        SELECT c.id, c.company_id, c.vehicle_id, c.name, c.args, c.pin_user_id, c.pin_sealed, c.state,
            m.id AS module_id, m.serial, s.epoch, s.boot, s.counter AS session_counter,
            s.clock_ms + (extract(epoch FROM c.expires_at - s.hello_at) * 1000)::bigint AS expires_ms,
            {_ALLOWED} AS is_entitled,
            c.name = ANY (s.capabilities) AS is_capable
        {_WITH_MODULE} WHERE c.id = %s AND {_WAITS} FOR UPDATE OF c SKIP LOCKED
    """  # noqa: S608  # put together from constants
    async with db.cursor(row_factory=class_row(Order)) as cursor:
        await cursor.execute(query, [command_id])
        return await cursor.fetchone()


async def next_counter(db: Connection, module_id: int, at_least: int) -> int:
    """The next number for a module, above `at_least`; its row stays locked until the caller commits."""
    async with db.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "INSERT INTO commands_modulecounter AS kept (module_id, counter) VALUES (%(module)s, %(least)s + 1) "
            "ON CONFLICT (module_id) DO UPDATE SET counter = greatest(kept.counter, %(least)s) + 1 RETURNING counter",
            {"module": module_id, "least": at_least},
        )
        counter: int = (await cursor.fetchall())[0]
        return counter


async def store_signed(db: Connection, order: Order, counter: int, signed: bytes) -> None:
    """Keeps what will be published, and the state `sent` with it; signing again for a restart adds no step."""
    await db.execute(
        "UPDATE commands_command SET state = 'sent', module_id = %s, epoch = %s, boot = %s, counter = %s, signed = %s, "
        "sent_at = coalesce(sent_at, now()), pin_sealed = NULL WHERE id = %s",
        [order.module_id, order.epoch, order.boot, counter, signed, order.id],
    )
    if order.state == State.QUEUED:
        await add_step(db, order.company_id, order.id, State.SENT, "")


async def finish(
    db: Connection, company_id: int, command_id: UUID, state: State, reason: str, reply: dict[str, Any] | None = None
) -> None:
    await db.execute(
        "UPDATE commands_command SET state = %s, reason = %s, finished_at = now(), pin_sealed = NULL, "
        "reply_state = coalesce(%s, reply_state) WHERE id = %s",
        [state, reason, None if reply is None else Jsonb(reply), command_id],
    )
    await add_step(db, company_id, command_id, state, reason)


async def accept(db: Connection, company_id: int, command_id: UUID) -> None:
    await db.execute("UPDATE commands_command SET state = 'accepted' WHERE id = %s", [command_id])
    await add_step(db, company_id, command_id, State.ACCEPTED, "")


async def add_step(db: Connection, company_id: int, command_id: UUID, state: State, reason: str) -> None:
    await db.execute(
        "INSERT INTO commands_commandstep (company_id, command_id, state, at, reason) VALUES (%s, %s, %s, now(), %s)",
        [company_id, command_id, state, reason],
    )


async def unanswered(db: Connection, after: Unanswered = _BEFORE_ALL) -> list[Unanswered]:
    """A page of commands to send again, which makes the van repeat its last answer, oldest first; empty at the end.

    None that the van might still carry out although its product ended or its module was revoked.
    """
    query = f"""
        SELECT c.created_at, c.id, m.serial, c.signed {_WITH_MODULE}
        WHERE m.id = c.module_id AND (c.created_at, c.id) > (%(created_at)s, %(id)s) AND (
            c.state = 'sent' AND s.boot = c.boot AND s.epoch = c.epoch AND {_ALLOWED}
                AND c.expires_at > clock_timestamp() - %(sent)s
            OR c.state = 'accepted' AND c.expires_at > clock_timestamp() - %(accepted)s)
        ORDER BY c.created_at, c.id LIMIT %(page)s
    """  # put together from constants
    given = {"created_at": after.created_at, "id": after.id, "page": PAGE, **_GRACE}
    async with db.cursor(row_factory=class_row(Unanswered)) as cursor:
        await cursor.execute(query, given)
        return await cursor.fetchall()


async def expire(db: Connection, unheard: list[UUID]) -> list[UUID]:
    """Ends the waiting for overdue commands. `unheard` reached the broker while their module was not connected."""
    query = """
        WITH overdue AS (
            SELECT c.id FROM commands_command c
            WHERE (c.state = 'queued' AND c.expires_at <= now() - %(queued)s)
                OR (c.state = 'sent' AND c.expires_at <= now() - %(sent)s)
                OR (c.state = 'accepted' AND c.expires_at <= now() - %(accepted)s)
            FOR UPDATE SKIP LOCKED),
        ended AS (
            UPDATE commands_command c SET state = 'expired', finished_at = now(), pin_sealed = NULL,
                reason = CASE WHEN c.signed IS NULL OR c.state = 'sent' AND c.id = ANY (%(unheard)s)
                    THEN 'unreachable' ELSE 'no_answer' END
            FROM overdue WHERE c.id = overdue.id RETURNING c.id, c.company_id, c.reason)
        INSERT INTO commands_commandstep (company_id, command_id, state, at, reason)
        SELECT company_id, id, 'expired', now(), reason FROM ended RETURNING command_id
    """
    async with db.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(query, {"unheard": unheard, **_GRACE})
        return await cursor.fetchall()


async def lock_pin(db: Connection, user_id: int) -> Pin | None:
    """Locked, so that tries at the same time are counted one by one."""
    async with db.cursor(row_factory=class_row(Pin)) as cursor:
        await cursor.execute(
            "SELECT user_id, hash, failures, locked FROM commands_unlockpin WHERE user_id = %s FOR UPDATE", [user_id]
        )
        return await cursor.fetchone()


async def count_failures(db: Connection, user_id: int, failures: int) -> None:
    await db.execute(
        "UPDATE commands_unlockpin SET failures = %s, locked = %s WHERE user_id = %s",
        [failures, failures >= lifecycle.PIN_TRIES, user_id],
    )


async def recent_openings(db: Connection, vehicle_id: int) -> tuple[int, int]:
    """Openings of this van and of all vans within the rate window; others wait until the caller has committed."""
    await db.execute("SELECT pg_advisory_xact_lock(%s)", [_OPENINGS_LOCK])
    async with db.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(
            "SELECT count(*) FILTER (WHERE vehicle_id = %s), count(*) FROM commands_command "
            "WHERE pin_user_id IS NOT NULL AND sent_at > clock_timestamp() - %s::interval",
            [vehicle_id, lifecycle.RATE_WINDOW],
        )
        van, overall = (await cursor.fetchall())[0]
        return van, overall


async def is_frozen(db: Connection) -> bool:
    cursor = await db.execute("SELECT 1 FROM commands_openingfreeze WHERE lifted_at IS NULL LIMIT 1")
    return await cursor.fetchone() is not None


async def freeze(db: Connection, openings: int) -> None:
    await db.execute(
        "INSERT INTO commands_openingfreeze (since, openings, lifted_by) VALUES (now(), %s, '')", [openings]
    )


async def lift_freeze(db: Connection, by: str) -> int:
    """For the operator, who has looked; answers how many were lifted."""
    cursor = await db.execute(
        "UPDATE commands_openingfreeze SET lifted_at = now(), lifted_by = %s WHERE lifted_at IS NULL", [by]
    )
    return cursor.rowcount


async def module_key(db: Connection, serial: str) -> tuple[int, bytes] | None:
    """Id and public key of a module in service or being wiped; None for others."""
    async with db.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(
            "SELECT id, public_key FROM vehicles_module "
            "WHERE serial = %s AND status <> 'revoked' AND public_key IS NOT NULL",
            [serial],
        )
        return await cursor.fetchone()


async def lock_answered(db: Connection, command_id: UUID, module_id: int, counter: int) -> tuple[int, str, bool] | None:
    """Company and state of the command that was signed for this module with this number, and whether the module still
    tells readings: after its van was removed nothing more is told of it (VH-05)."""
    async with db.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(
            "SELECT c.company_id, c.state, m.status = 'active' FROM commands_command c "
            "JOIN vehicles_module m ON m.id = c.module_id "
            "WHERE c.id = %s AND c.module_id = %s AND c.counter = %s AND c.signed IS NOT NULL FOR UPDATE OF c",
            [command_id, module_id, counter],
        )
        return await cursor.fetchone()
