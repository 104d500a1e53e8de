"""A module's hello: proves its key, and opens the session in which commands can be given."""

from typing import Any

import msgspec
import psycopg

from kolonne.portal.lib import channels
from kolonne.portal.telemetry.registry.index import Entry
from kolonne.wire import cose
from kolonne.wire.commands import KINDS, OWN_KINDS
from kolonne.wire.messages import MAX_EPOCH, Hello

_KEY_BYTES = 32
_MAX_AGENT = 60
_COUNT = 1 << 62

_SESSION = """
    INSERT INTO vehicles_modulesession
        (module_id, company_id, boot, epoch, clock_ms, hello_at, agent, capabilities, counter)
    VALUES (%s, %s, %s, %s, %s, now(), %s, %s, %s)
    ON CONFLICT (module_id) DO UPDATE SET
        company_id = excluded.company_id, boot = excluded.boot, epoch = excluded.epoch,
        clock_ms = excluded.clock_ms, hello_at = excluded.hello_at, agent = excluded.agent,
        capabilities = excluded.capabilities, counter = excluded.counter
"""
_REFUSAL = """
    INSERT INTO telemetry.refusal AS r (company_id, vehicle_id, day, reason, signal, count)
    VALUES (%s, %s, (now() AT TIME ZONE 'UTC')::date, 'bad_hello', '', 1)
    ON CONFLICT (vehicle_id, day, reason, signal) DO UPDATE SET count = r.count + 1
"""


class BadHello(Exception):
    """Not a hello of this module; the text says why."""


def read(message: bytes, entry: Entry) -> Hello:
    """The hello, if the module's own key signed it. The first one introduces the key. Raises BadHello."""
    try:
        claimed = msgspec.convert(cose.unverified(message), Hello)
        key = claimed.key if entry.public_key is None else bytes(entry.public_key)
        if claimed.key != key or len(key) != _KEY_BYTES:
            raise BadHello("another key than the module introduced itself with")
        hello = msgspec.convert(cose.verify(message, public_key=key, purpose="hello"), Hello)
    except (cose.BadSignature, msgspec.ValidationError) as error:
        raise BadHello(str(error)) from error
    if hello.serial != entry.serial:
        raise BadHello("the hello of another module")
    if not (_is_name(hello.epoch) and _is_name(hello.boot)):
        raise BadHello(f"epoch and boot have 1 to {MAX_EPOCH} letters and digits")
    if not (0 <= hello.counter < _COUNT and 0 <= hello.clock_ms < _COUNT):
        raise BadHello("counter and clock count from 0")
    return hello


async def remember(connection: psycopg.AsyncConnection[Any], entry: Entry, hello: Hello) -> None:
    """Keeps key and session, and wakes the signer, whose commands may have waited for this. Raises BadHello."""
    async with connection.transaction():
        if entry.public_key is None:
            introduced = await connection.execute(
                "UPDATE vehicles_module SET public_key = %s WHERE id = %s AND (public_key IS NULL OR public_key = %s)",
                [hello.key, entry.module_id, hello.key],
            )
            if introduced.rowcount != 1:
                raise BadHello("another key was introduced a moment ago")
        capabilities = sorted(set(hello.capabilities) & (KINDS.keys() | OWN_KINDS.keys()))
        await connection.execute(
            _SESSION,
            [
                entry.module_id,
                entry.company_id,
                hello.boot,
                hello.epoch,
                hello.clock_ms,
                hello.agent[:_MAX_AGENT].replace("\0", ""),
                capabilities,
                hello.counter,
            ],
        )
        await connection.execute("SELECT pg_notify(%s, '')", [channels.COMMANDS])


async def count_refusal(connection: psycopg.AsyncConnection[Any], entry: Entry) -> None:
    await connection.execute(_REFUSAL, [entry.company_id, entry.vehicle_id])


def _is_name(text: str) -> bool:
    return 1 <= len(text) <= MAX_EPOCH and text.isalnum() and text.isascii()
