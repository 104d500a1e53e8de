"""Whether a command may be carried out, and that it is carried out once at most.

A command counts only if the pinned key signed exactly these bytes for this module, this store (epoch) and this start
(boot), with a counter that was never used. The counter is used up on disk *before* anything happens, so that neither a
crash nor a recording of the network's traffic repeats a command. What is not signed by the pinned key is never
answered: its id proves nothing, and an answer could make the platform believe that a true command was refused.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kolonne.module.errors import StoreFull
from kolonne.module.ledger import LastReply, Ledger
from kolonne.module.log import Log
from kolonne.module.sources import Outcome, Van
from kolonne.wire import cose
from kolonne.wire.commands import KINDS, OWN_KINDS, REASONS, WIPE, complaints
from kolonne.wire.messages import Command, Reply, WireError
from kolonne.wire.signals import catalogue

log = Log(__name__)
T = TypeVar("T")

EXECUTION_TIMEOUT_S = 60.0
ANSWERS_PER_SECOND, ANSWERS_AT_ONCE = 2.0, 20.0
HIGHEST_COUNTER = 1 << 62

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class OnDisk(Protocol):
    """Runs a function of the store apart from the event loop, one at a time."""

    async def __call__(self, function: Callable[..., T], *args: Any) -> T: ...


@dataclass(frozen=True)
class Self:
    """Who this module is, for whoever commands it."""

    serial: str
    boot: str
    signer_key: bytes
    """Public key of the platform's signer, pinned."""
    own_key: Ed25519PrivateKey


def read_command(payload: bytes, signer_key: bytes) -> Command:
    """A command that the signer made. Raises BadSignature, or WireError when the signer made nonsense."""
    content = cose.verify(payload, public_key=signer_key, purpose="command")
    try:
        command = msgspec.convert(content, Command, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        raise WireError(str(error)) from error
    if not _UUID.fullmatch(command.id):
        raise WireError("id: expected a UUID in its 36-character form")
    if not 0 < command.counter <= HIGHEST_COUNTER:
        raise WireError("counter: out of bounds")
    return command


def misdirection(command: Command, *, serial: str, epoch: str, boot: str, counter: int) -> str:
    """Why a command is none for this module now; empty if it is. Such a command uses up no counter."""
    if command.serial != serial:
        return "wrong_module"
    if command.epoch != epoch or command.boot != boot:
        return "wrong_epoch"
    return "replayed" if command.counter <= counter else ""


def obstacle(command: Command, *, van: Van, now_ms: int) -> str:
    """Why a command may not be carried out at this moment; empty if it may."""
    own = OWN_KINDS.get(command.command)
    kind = own or KINDS.get(command.command)
    if now_ms >= command.expires_ms:
        return "expired"
    if kind is None or (own is None and kind.name not in van.capabilities):
        return "unknown_command"
    if complaints(kind, command.args):
        return "bad_argument"
    # Unknown is not standing still: what needs a standstill needs to know it.
    return "moving" if kind.standstill and van.moving is not False else ""


class CommandDesk:
    """Takes the platform's command messages, one after the other."""

    def __init__(
        self,
        own: Self,
        ledger: Ledger,
        van: Van,
        *,
        epoch: Callable[[], str],
        session_ms: Callable[[], int],
        on_disk: OnDisk,
        say: Callable[[bytes], Awaitable[None]],
        wipe: Callable[[str, int, LastReply], Awaitable[None]],
    ) -> None:
        """`wipe` empties the store and keeps nothing but the reply to the command of this id and number."""
        self._own = own
        self._ledger = ledger
        self._van = van
        self._epoch = epoch
        self._session_ms = session_ms
        self._on_disk = on_disk
        self._say = say
        self._wipe = wipe
        self._allowance = Allowance(ANSWERS_PER_SECOND, ANSWERS_AT_ONCE)
        self.executed = 0
        self.ignored = 0
        """Messages without an answer: not signed by the pinned key, too many, or on a full disk."""

    async def receive(self, payload: bytes) -> None:
        """Judges and carries out one message. Only trouble with the store is raised (StoreError), but no full disk."""
        try:
            command = read_command(payload, self._own.signer_key)
        except (cose.BadSignature, WireError) as error:
            self._ignore(str(error))
            return
        # The order matters: a repeated message is answered as before, whatever has changed since.
        known = await self._on_disk(self._ledger.reply_to, command.id)
        if command.serial == self._own.serial and known is not None:
            await self._answer(known.message)
            return
        counter = await self._on_disk(lambda: self._ledger.counter)
        own = self._own
        reason = misdirection(command, serial=own.serial, epoch=self._epoch(), boot=own.boot, counter=counter)
        if reason:
            log.warning("command refused", command=command.id, reason=reason)
            await self._answer(self._signed(command, "refused", reason))
        else:
            await self._decide(command)

    async def _decide(self, command: Command) -> None:
        """The point of no return: the counter is used up on disk, then the first reply goes out."""
        reason = obstacle(command, van=self._van, now_ms=self._session_ms())
        is_wipe = command.command == WIPE and not reason
        outcome = "refused" if reason else "done" if is_wipe else "accepted"
        reply = LastReply(outcome, self._signed(command, outcome, reason))
        try:
            if is_wipe:
                # Judged and done in one transaction: no crash leaves a store that was half forgotten.
                await self._wipe(command.id, command.counter, reply)
            else:
                await self._on_disk(self._ledger.judge, command.id, command.counter, reply.outcome, reply.message)
        except StoreFull as error:
            # What cannot be written down is not done. The platform sends it again until it expires.
            self._ignore(f"the disk is full ({error})")
            return
        log.info("command judged", command=command.id, kind=command.command, outcome=outcome, reason=reason)
        await self._say(reply.message)
        if outcome == "accepted":
            await self._carry_out(command)

    async def _carry_out(self, command: Command) -> None:
        result = await self._execute(command)
        message = self._signed(command, result.outcome, result.reason, result)
        try:
            await self._on_disk(self._ledger.conclude, command.id, result.outcome, message)
        except StoreFull as error:
            log.warning("disk is full: the last word on a command is not kept", command=command.id, reason=error)
        log.info("command finished", command=command.id, outcome=result.outcome, reason=result.reason)
        await self._say(message)

    async def _execute(self, command: Command) -> Outcome:
        # The disk may have taken its time: what was true before the commit must still be true.
        if reason := obstacle(command, van=self._van, now_ms=self._session_ms()):
            return Outcome("failed", reason)
        self.executed += 1
        try:
            async with asyncio.timeout(EXECUTION_TIMEOUT_S):
                outcome = await self._van.execute(command.command, command.args)
        except Exception as error:  # noqa: BLE001  # whatever an actuator does, the platform must hear of it
            log.error("actuator failed", command=command.id, kind=type(error).__name__)
            return Outcome("failed", "actuator")
        return outcome if outcome.reason in REASONS or not outcome.reason else Outcome("failed", "actuator")

    def _signed(self, command: Command, outcome: str, reason: str, result: Outcome | None = None) -> bytes:
        known = catalogue()
        state = {name: value for name, value in (result.state if result else {}).items() if name in known}
        reply = Reply(self._own.serial, command.id, command.counter, outcome, reason, state)
        return cose.sign(msgspec.to_builtins(reply), key=self._own.own_key, purpose="reply")

    async def _answer(self, message: bytes) -> None:
        """Answers to what has no effect are rationed, so that repeating old messages makes no storm."""
        if self._allowance.take(self._session_ms() / 1000):
            await self._say(message)
        else:
            self._ignore("too many repeated commands")

    def _ignore(self, reason: str) -> None:
        self.ignored += 1
        if self.ignored & (self.ignored - 1) == 0:  # 1, 2, 4, 8, …: a flood must not fill the disk with log lines
            log.warning("command ignored", reason=reason, ignored=self.ignored)


class Allowance:
    """A token bucket."""

    def __init__(self, per_second: float, at_once: float) -> None:
        self._per_second = per_second
        self._at_once = at_once
        self._left = at_once
        self._at = 0.0

    def take(self, now: float) -> bool:
        self._left = min(self._at_once, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
