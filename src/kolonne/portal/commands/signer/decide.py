"""The rules by which the signer refuses. Each answer is a code of `wire.commands.REASONS`, or None: it may go."""

import asyncio

import structlog
from nacl.public import PrivateKey

from kolonne.portal.commands import lifecycle, sealing
from kolonne.portal.commands.signer import store
from kolonne.portal.commands.signer.store import Connection, Order
from kolonne.wire.commands import KINDS, OWN_KINDS

log = structlog.get_logger()


async def refusal(db: Connection, order: Order, box_key: PrivateKey) -> str | None:
    """Why a queued command is not signed. Counts wrong PINs and freezes openings, in the caller's transaction."""
    kind = OWN_KINDS.get(order.name) or KINDS.get(order.name)
    if kind is None or not order.is_capable:
        return "unknown_command"
    if not order.is_entitled:
        return "not_entitled"
    if not kind.needs_pin:
        return None
    return await _too_many_openings(db, order) or await _wrong_pin(db, order, box_key)


async def _too_many_openings(db: Connection, order: Order) -> str | None:
    if await store.is_frozen(db):
        return "frozen"
    of_van, overall = await store.recent_openings(db, order.vehicle_id)
    if overall >= lifecycle.OPENINGS_OVERALL:
        await store.freeze(db, overall)
        log.error("openings frozen", openings=overall, window_s=lifecycle.RATE_WINDOW.total_seconds())
        return "frozen"
    if of_van >= lifecycle.OPENINGS_PER_VEHICLE:
        log.warning("van opened too often", vehicle=order.vehicle_id, openings=of_van)
        return "too_many"
    return None


async def _wrong_pin(db: Connection, order: Order, box_key: PrivateKey) -> str | None:
    pin = None if order.pin_user_id is None else await store.lock_pin(db, order.pin_user_id)
    if pin is None or order.pin_sealed is None:
        return "pin_missing"
    if pin.locked:
        return "pin_locked"
    try:
        given = sealing.open_sealed(order.pin_sealed, command_id=order.id, box_key=box_key)
    except sealing.CannotOpen as error:
        log.warning("sealed pin refused", command=str(order.id), error=str(error))
        return "pin_missing"
    # In a thread: Argon2 takes a tenth of a second, and other vans' answers must not wait for it.
    if await asyncio.to_thread(sealing.fits, given, pin.hash):
        await store.count_failures(db, pin.user_id, 0)
        return None
    await store.count_failures(db, pin.user_id, pin.failures + 1)
    log.warning("wrong pin", user=pin.user_id, failures=pin.failures + 1)
    return "wrong_pin"
