"""A desk that judges commands, with all that it needs."""

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kolonne.module.commands import CommandDesk, Self
from kolonne.module.errors import StoreFull
from kolonne.module.ledger import LastReply, Ledger
from kolonne.module.outbox import Outbox
from kolonne.module.sources import Outcome
from kolonne.module.store import Store
from kolonne.wire import cose
from kolonne.wire.commands import KINDS
from kolonne.wire.messages import Command, Reply
from kolonne.wire.signals import Value

T = TypeVar("T")

SERIAL, BOOT = "TESTMODULE01", "b00t"
SIGNER, OWN, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))


class ObedientVan:
    """Does everything at once and remembers it."""

    capabilities = frozenset(KINDS)

    def __init__(self) -> None:
        self.moving: bool | None = False
        self.executed: list[tuple[str, Mapping[str, Value]]] = []
        self.answer = Outcome("done", state={"locked": True})
        self.broken = False

    async def execute(self, command: str, args: Mapping[str, Value]) -> Outcome:
        if self.broken:
            raise OSError("no actuator")
        self.executed.append((command, args))
        return self.answer


class Bench:
    """A desk with a van, a store and a clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.van = ObedientVan()
        self.now_ms = 1000
        self.sent: list[bytes] = []
        self.after_disk: Callable[[], None] = lambda: None
        self.is_disk_full = False
        self.boot()

    def boot(self, boot: str = BOOT) -> None:
        self.store = Store(self.folder / "store.db")
        self.ledger = Ledger(self.store)
        self.desk = CommandDesk(
            Self(SERIAL, boot, SIGNER.public_key().public_bytes_raw(), OWN),
            self.ledger,
            self.van,
            epoch=lambda: self.store.epoch,
            session_ms=lambda: self.now_ms,
            on_disk=self._on_disk,
            say=self._say,
            wipe=self._wipe,
        )

    async def _wipe(self, command_id: str, counter: int, reply: LastReply) -> None:
        await self._on_disk(Outbox(self.store).wipe, command_id, counter, reply)

    async def _on_disk(self, function: Callable[..., T], *args: Any) -> T:
        if self.is_disk_full and function in {self.ledger.judge, self.ledger.conclude}:
            raise StoreFull("no space")
        result = function(*args)
        self.after_disk()
        return result

    async def _say(self, message: bytes) -> None:
        self.sent.append(message)

    def content(self, counter: int = 1, command: str = "lock", **changes: Any) -> dict[str, Any]:
        order = Command(
            serial=SERIAL,
            id=str(uuid.UUID(int=counter, version=4)),
            command=command,
            args={},
            epoch=self.store.epoch,
            boot=BOOT,
            counter=counter,
            expires_ms=60_000,
        )
        return dict(msgspec.to_builtins(order)) | changes

    def signed(self, counter: int = 1, command: str = "lock", **changes: Any) -> bytes:
        return cose.sign(self.content(counter, command, **changes), key=SIGNER, purpose="command")

    @property
    def replies(self) -> list[tuple[str, str]]:
        """(outcome, reason) of every reply, verified with the module's key."""
        key = OWN.public_key().public_bytes_raw()
        contents = [cose.verify(message, public_key=key, purpose="reply") for message in self.sent]
        return [(reply.outcome, reply.reason) for reply in (msgspec.convert(c, Reply) for c in contents)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
