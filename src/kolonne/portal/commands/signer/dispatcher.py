"""The work on one command: decide, sign, store, commit, and only then publish."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.public import PrivateKey
from psycopg_pool import AsyncConnectionPool

from kolonne.portal.commands.lifecycle import FINISHED, State, may_move
from kolonne.portal.commands.signer import decide, reply, screens, store
from kolonne.portal.commands.signer.store import Connection, Order
from kolonne.wire import cose, subjects
from kolonne.wire.messages import Command

log = structlog.get_logger()

Publish = Callable[[str, bytes, UUID | None], Awaitable[None]]
"""Subject, payload and, for commands, the id for which the broker may say that nobody listened."""

RESEND_S = 2.0
FORGOTTEN_S = 3600.0
"""No command lives that long: what was sent so long ago was ended by the worker or by another signer."""


@dataclass(frozen=True)
class Keys:
    signing: Ed25519PrivateKey
    box: PrivateKey


class Dispatcher:
    """Safe to run several times at once and to kill at any point: what counts is in the database."""

    def __init__(self, pool: AsyncConnectionPool[Any], keys: Keys, publish: Publish) -> None:
        self._pool = pool
        self._keys = keys
        self._publish = publish
        self._published_at: dict[UUID, float] = {}
        self._attempts: Counter[UUID] = Counter()
        self._unheard: Counter[UUID] = Counter()

    async def dispatch(self, command_id: UUID) -> None:
        """Signs and sends a command, or refuses it; does nothing if it does not wait for that.

        Of one van's commands only one at a time is on its way without an answer.
        """
        async with self._pool.connection() as db:
            async with db.transaction():
                order = await store.lock_waiting(db, command_id)
                signed = None if order is None else await self._settle(db, order)
            if order and signed:
                await self._send(order.id, order.serial, signed)
            await self._show(db, command_id)

    async def waiting(self) -> list[UUID]:
        """Commands that could be sent now, whether or not a wake-up for them was heard."""
        async with self._pool.connection() as db:
            return await store.waiting(db)

    async def resend(self) -> None:
        """Sends the same bytes again where the last word is missing: the van executes a number once, and answers."""
        async with self._pool.connection() as db:
            page = await store.unanswered(db)
            while page:
                for command in page:
                    await self._send_again(command)
                page = await store.unanswered(db, page[-1])

    async def expire(self) -> None:
        """Ends the waiting for what is overdue."""
        self._forget_old()
        unheard = [command for command, missed in self._unheard.items() if missed >= self._attempts[command]]
        async with self._pool.connection() as db:
            for command_id in await store.expire(db, unheard):
                log.info("command expired", command=str(command_id))
                self._forget(command_id)
                await self._show(db, command_id)

    async def answer(self, subject: str, message: bytes) -> None:
        """Takes what a van says about a command; whatever proves nothing is logged and changes nothing."""
        serial = subjects.serial_of(subject)
        async with self._pool.connection() as db:
            module = await store.module_key(db, serial)
            if module is None:
                log.warning("reply of an unknown module", serial=serial)
                return
            module_id, key = module
            try:
                answer = reply.read(message, serial=serial, public_key=key)
            except reply.BadReply as error:
                log.warning("reply refused", serial=serial, reason=str(error))
                return
            if answer and await self._apply(db, module_id, answer):
                await self._show(db, answer.command_id)

    async def show_recent(self) -> None:
        """Publishes the last steps once more after a start."""
        async with self._pool.connection() as db:
            for command_id in await screens.changed_lately(db):
                await self._show(db, command_id)

    def nobody_heard(self, command_id: UUID) -> None:
        """The broker says that the module of a published command was not connected."""
        if command_id in self._attempts:
            self._unheard[command_id] += 1

    async def _settle(self, db: Connection, order: Order) -> bytes | None:
        if order.state == State.QUEUED:
            reason = await decide.refusal(db, order, self._keys.box)
            if reason:
                await store.finish(db, order.company_id, order.id, State.FAILED, reason)
                await store.wake_next(db, order.module_id)
                log.info("command refused", command=str(order.id), reason=reason)
                return None
        counter = await store.next_counter(db, order.module_id, order.session_counter)
        signed = self._sign(order, counter)
        await store.store_signed(db, order, counter, signed)
        log.info("command signed", command=str(order.id), name=order.name, serial=order.serial, counter=counter)
        return signed

    def _sign(self, order: Order, counter: int) -> bytes:
        command = Command(
            serial=order.serial,
            id=str(order.id),
            command=order.name,
            args=order.args,
            epoch=order.epoch,
            boot=order.boot,
            counter=counter,
            expires_ms=order.expires_ms,
        )
        return cose.sign(msgspec.to_builtins(command), key=self._keys.signing, purpose="command")

    async def _send_again(self, command: store.Unanswered) -> None:
        if command.id not in self._attempts:
            # Sent by a signer that is gone: nobody knows any more whether the van heard that.
            self._attempts[command.id] = 1
        if time.monotonic() - self._published_at.get(command.id, float("-inf")) >= RESEND_S:
            await self._send(command.id, command.serial, command.signed)

    async def _send(self, command_id: UUID, serial: str, signed: bytes) -> None:
        self._attempts[command_id] += 1
        self._published_at[command_id] = time.monotonic()
        await self._publish(subjects.down_subject(serial, subjects.COMMAND), signed, command_id)

    async def _apply(self, db: Connection, module_id: int, answer: reply.Answer) -> bool:
        """Whether the answer moved its command; a copy, or one that comes after the last word, does not."""
        async with db.transaction():
            found = await store.lock_answered(db, answer.command_id, module_id, answer.counter)
            if found is None or not may_move(found[1], answer.state):
                return False
            company_id, before, tells = found
            if answer.state is State.ACCEPTED:
                await store.accept(db, company_id, answer.command_id)
            else:
                told = answer.signals if tells else None
                await store.finish(db, company_id, answer.command_id, answer.state, answer.reason, told)
            if before == State.SENT:
                await store.wake_next(db, module_id)
        log.info("command answered", command=str(answer.command_id), state=answer.state, before=before)
        if answer.state in FINISHED:
            self._forget(answer.command_id)
        return True

    async def _show(self, db: Connection, command_id: UUID) -> None:
        """Tells the company's screens; always after the commit."""
        shown = await screens.view(db, command_id)
        if shown:
            company, view = shown
            await self._publish(subjects.live_subject(company), msgspec.json.encode({"command": view}), None)

    def _forget_old(self) -> None:
        long_ago = time.monotonic() - FORGOTTEN_S
        for command_id in [command_id for command_id, at in self._published_at.items() if at < long_ago]:
            self._forget(command_id)

    def _forget(self, command_id: UUID) -> None:
        self._published_at.pop(command_id, None)
        self._attempts.pop(command_id, None)
        self._unheard.pop(command_id, None)
