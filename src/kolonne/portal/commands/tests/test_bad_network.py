"""CD-04, NF-05: what a network that loses, doubles and spoils messages does to commands."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from kolonne.module.commands import CommandDesk, Self
from kolonne.module.ledger import LastReply, Ledger
from kolonne.module.sources import Outcome
from kolonne.module.store import Store as ModuleStore
from kolonne.portal.commands.signer import dispatcher
from kolonne.portal.commands.tests.conftest import Signers, Van
from kolonne.wire.commands import KINDS
from kolonne.wire.signals import Value

T = TypeVar("T")


def test_a_lossy_network_loses_no_command_and_doubles_none(
    awake: Van, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NF-05: a real module, most of whose messages are lost, some of them early enough to be overtaken."""
    monkeypatch.setattr(dispatcher, "RESEND_S", 0)
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    module = Module(awake, tmp_path / "store.db")
    asked = [awake.ask(name) for name in ("lock", "find") * 4]

    async def exchange(signers: Signers) -> None:
        for _ in range(200):
            for command_id in chance.sample(asked, len(asked)):
                await signers.one.dispatch(command_id)
            await signers.one.resend()
            heard, signers.published = signers.raw(), []
            for payload in heard:
                if chance.random() < 0.4:
                    await module.desk.receive(payload)
            said, module.said = module.said, []
            for message in said:
                if chance.random() < 0.4:
                    await signers.one.answer(f"m.{awake.serial}.up.reply", message)
            module.session_ms += 500

    awake.work(exchange)
    assert [awake.look(command_id).state for command_id in asked] == ["done"] * len(asked)
    assert len(module.executed) == len(asked)


def test_ten_thousand_mutated_answers_change_nothing(awake: Van) -> None:
    command_id = awake.ask("lock")
    command = awake.send(command_id)
    honest = awake.reply(command, "done", locked=True)
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)

    async def storm(signers: Signers) -> None:
        for _ in range(10_000):
            await signers.one.answer(f"m.{awake.serial}.up.reply", mutated(honest, chance))

    awake.work(storm)
    assert awake.states(command_id) == ["queued", "sent"]
    awake.answer(honest)
    assert awake.look(command_id).state == "done"


class Module:
    """The module's own judgement on commands, with a van that does everything."""

    capabilities = frozenset(KINDS)
    moving = False

    def __init__(self, van: Van, file: Path) -> None:
        store = ModuleStore(file)
        signer_key = bytes.fromhex(van.config.secret("signer-public"))
        self.session_ms = 5000
        self.executed: list[str] = []
        self.said: list[bytes] = []
        self.desk = CommandDesk(
            Self(van.serial, "boot1", signer_key, van.key),
            Ledger(store),
            self,
            epoch=lambda: "epoch1",
            session_ms=lambda: self.session_ms,
            on_disk=at_once,
            say=self._say,
            wipe=self._wipe,
        )

    async def _wipe(self, command_id: str, counter: int, reply: LastReply) -> None:
        self.executed.append("wipe")

    async def execute(self, command: str, args: Mapping[str, Value]) -> Outcome:
        self.executed.append(command)
        return Outcome("done")

    async def _say(self, message: bytes) -> None:
        self.said.append(message)


async def at_once(function: Callable[..., T], *args: Any) -> T:
    return function(*args)


def mutated(message: bytes, chance: random.Random) -> bytes:
    """Something else than `message`: bits flipped, cut, doubled, shuffled or filled with noise."""
    data = bytearray(message)
    match chance.randrange(5):
        case 0:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 1:
            del data[chance.randrange(len(data)) :]
        case 2:
            place = chance.randrange(len(data))
            data[place:place] = chance.randbytes(chance.randint(1, 8))
        case 3:
            one, other = sorted(chance.sample(range(len(data) + 1), 2))
            data[one:other] = bytes(reversed(data[one:other])) + b"\0"
        case _:
            data = bytearray(chance.randbytes(chance.randint(0, 400)))
    return bytes(data)
