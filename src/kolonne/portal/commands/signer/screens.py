"""What the company's screens are told of a command."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import scalar_row, tuple_row

from kolonne.portal.commands.lifecycle import CommandView, describe
from kolonne.portal.commands.signer.store import Connection


async def view(db: Connection, command_id: UUID) -> tuple[int, CommandView] | None:
    """Company, and the command as screens show it."""
    query = """
        SELECT c.company_id, c.vehicle_id, c.name, c.requested_by, c.created_at, s.state, s.at, s.reason
        FROM commands_command c JOIN commands_commandstep s ON s.command_id = c.id WHERE c.id = %s ORDER BY s.id
    """
    async with db.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(query, [command_id])
        rows = await cursor.fetchall()
    if not rows:
        return None
    company, vehicle, name, requested_by, created_at = rows[0][:5]
    steps: list[tuple[str, datetime, str]] = [row[5:] for row in rows]
    return company, describe(
        command_id=command_id,
        vehicle_id=vehicle,
        name=name,
        requested_by=requested_by,
        created_at=created_at,
        steps=steps,
    )


async def changed_lately(db: Connection) -> list[UUID]:
    """Commands whose last step may not have been shown, because this program died between commit and publishing."""
    async with db.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT DISTINCT command_id FROM commands_commandstep WHERE at > clock_timestamp() - interval '2 minutes'"
        )
        return await cursor.fetchall()
