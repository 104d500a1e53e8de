"""Command verification: what a module carries out, and all that it does not."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import cbor2
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kolonne.module.commands import EXECUTION_TIMEOUT_S, CommandDesk, Self
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


async def test_a_true_command_is_accepted_then_done(bench: Bench) -> None:
    """CD-02"""
    await bench.desk.receive(bench.signed(command="charge_limit", args={"percent": 80}))
    assert bench.van.executed == [("charge_limit", {"percent": 80})]
    assert bench.replies == [("accepted", ""), ("done", "")]


async def test_the_counter_is_on_disk_before_anything_happens(bench: Bench) -> None:
    """CD-04: a crash in the middle of an execution never leads to a second one."""
    message = bench.signed(counter=7)

    async def crash(command: str, args: Mapping[str, Value]) -> Outcome:
        assert bench.ledger.counter == 7
        raise asyncio.CancelledError

    bench.van.execute = crash  # type: ignore[method-assign]  # the power goes off here
    with pytest.raises(asyncio.CancelledError):
        await bench.desk.receive(message)
    bench.store.close()
    bench.van = ObedientVan()
    bench.boot()
    await bench.desk.receive(message)
    await bench.desk.receive(bench.signed(counter=7, id=str(uuid.UUID(int=99, version=4))))
    assert bench.van.executed == []
    assert bench.replies == [("accepted", ""), ("accepted", ""), ("refused", "replayed")]


async def test_the_same_id_is_answered_again_but_not_executed_again(bench: Bench) -> None:
    """CD-02: idempotent, also with another counter."""
    await bench.desk.receive(bench.signed(counter=1))
    await bench.desk.receive(bench.signed(counter=1))
    await bench.desk.receive(bench.signed(counter=2, id=bench.content(1)["id"]))
    assert len(bench.van.executed) == 1
    assert bench.replies == [("accepted", ""), ("done", ""), ("done", ""), ("done", "")]
    assert bench.sent[1] == bench.sent[2] == bench.sent[3]


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("wrong_module", {"serial": "TESTMODULE02"}),
        ("wrong_epoch", {"epoch": "0123456789abcdef"}),
        ("wrong_epoch", {"boot": "earlier"}),
        ("expired", {"expires_ms": 1000}),
        ("expired", {"expires_ms": -1}),
        ("unknown_command", {"command": "self_destruct"}),
        ("bad_argument", {"command": "charge_limit", "args": {"percent": 101}}),
        ("bad_argument", {"command": "charge_limit", "args": {}}),
        ("bad_argument", {"command": "charge_limit", "args": {"percent": float("nan")}}),
        ("bad_argument", {"command": "lock", "args": {"door": "rear"}}),
    ],
)
async def test_a_signed_command_that_does_not_fit_is_refused(
    bench: Bench, reason: str, changes: dict[str, Any]
) -> None:
    """CD-02, CD-04"""
    await bench.desk.receive(bench.signed(**changes))
    assert bench.van.executed == []
    assert bench.replies == [("refused", reason)]


async def test_counters_only_rise(bench: Bench) -> None:
    """CD-04: reordered commands are refused."""
    for counter in (5, 4, 5, 6, 1):
        await bench.desk.receive(bench.signed(counter, id=str(uuid.uuid4())))
    assert bench.replies == [
        ("accepted", ""),
        ("done", ""),
        ("refused", "replayed"),
        ("refused", "replayed"),
        ("accepted", ""),
        ("done", ""),
        ("refused", "replayed"),
    ]


@pytest.mark.parametrize("moving", [True, None])
@pytest.mark.parametrize("command", ["unlock", "find"])
async def test_a_van_that_may_be_moving_does_not_open(bench: Bench, moving: bool | None, command: str) -> None:
    """CD-04: unknown is not standing still; the recorded command is worthless afterwards."""
    bench.van.moving = moving
    await bench.desk.receive(bench.signed(command=command))
    bench.van.moving = False
    await bench.desk.receive(bench.signed(command=command))
    assert bench.van.executed == []
    assert bench.replies == [("refused", "moving"), ("refused", "moving")]


async def test_a_van_that_drives_off_during_the_commit_does_not_open(bench: Bench) -> None:
    """CD-04"""
    written = iter([False, False, True])  # the look-ups, then the commit

    def drive_off() -> None:
        bench.van.moving = next(written, True)

    bench.after_disk = drive_off
    await bench.desk.receive(bench.signed(command="unlock"))
    assert bench.van.executed == []
    assert bench.replies == [("accepted", ""), ("failed", "moving")]


async def test_a_command_that_the_van_lacks_is_refused(bench: Bench) -> None:
    bench.van.capabilities = frozenset({"lock"})
    await bench.desk.receive(bench.signed(command="climate_start"))
    assert bench.replies == [("refused", "unknown_command")]


async def test_a_broken_actuator_is_told(bench: Bench) -> None:
    """CD-02"""
    bench.van.broken = True
    await bench.desk.receive(bench.signed())
    assert bench.replies == [("accepted", ""), ("failed", "actuator")]
    assert EXECUTION_TIMEOUT_S < 120


async def test_a_reason_that_nobody_knows_is_not_passed_on(bench: Bench) -> None:
    bench.van.answer = Outcome("failed", "gremlins", {"gremlins": 3})
    await bench.desk.receive(bench.signed())
    assert bench.replies[-1] == ("failed", "actuator")


async def test_repeating_old_commands_makes_no_storm(bench: Bench) -> None:
    """Answers are rationed: whoever holds the broker cannot make the module talk without end."""
    message = bench.signed()
    for _ in range(500):
        await bench.desk.receive(message)
    assert len(bench.sent) <= 2 + 21
    assert len(bench.van.executed) == 1


async def test_what_the_signer_did_not_sign_is_never_answered(bench: Bench) -> None:
    """CD-04: its id proves nothing."""
    content = bench.content()
    for message in (
        cose.sign(content, key=STRANGER, purpose="command"),
        cose.sign(content, key=SIGNER, purpose="reply"),
        cbor2.dumps(content),
        b"",
    ):
        await bench.desk.receive(message)
    assert (bench.sent, bench.van.executed, bench.desk.ignored) == ([], [], 4)


async def test_ten_thousand_spoilt_commands_execute_nothing(bench: Bench) -> None:
    """CD-02, CD-04: truncated, flipped, spliced, foreign, unsigned, expired, replayed, reordered commands."""
    random = Random(20261122)
    await bench.desk.receive(bench.signed(counter=1000, command="unlock"))
    bench.van.executed.clear()
    originals = [bench.signed(2000 + n, command=random.choice(sorted(KINDS))) for n in range(50)]
    true_ones = set(originals)
    for number in range(10_000):
        message = spoilt(bench, random, originals, number % len(_SPOIL))
        if message not in true_ones:
            await bench.desk.receive(message)
    assert bench.van.executed == []
    assert bench.replies[:2] == [("accepted", ""), ("done", "")]
    assert {outcome for outcome, _ in bench.replies[2:]} <= {"refused", "done"}  # "done": the first one's, said again


async def test_no_cbor_from_the_signer_crashes_the_desk(bench: Bench) -> None:
    """CD-04: even a signer gone mad executes nothing that is no command."""
    random = Random(7)
    for _ in range(2000):
        content = bench.content(counter=random.randrange(1, 50))
        for _ in range(random.randrange(1, 3)):
            content[random.choice(sorted(content))] = random.choice(_NONSENSE)
        bench.now_ms += 1000  # answers are not rationed away
        content["expires_ms"] = random.choice([0, -5, "soon", None])
        await bench.desk.receive(cose.sign(content, key=SIGNER, purpose="command"))
    assert bench.van.executed == []


_NONSENSE: list[Any] = [None, True, -1, 0, 2**70, 1.5, "", "x" * 300, b"\0", [], {}, {"a": {"b": [1]}}, [[[[]]]], "\0"]


def _truncated(bench: Bench, random: Random, message: bytes) -> bytes:
    return message[: random.randrange(len(message))]


def _flipped(bench: Bench, random: Random, message: bytes) -> bytes:
    changed = bytearray(message)
    for _ in range(random.choice((1, 1, 1, 2, 8))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _lengthened(bench: Bench, random: Random, message: bytes) -> bytes:
    position = random.randrange(len(message) + 1)
    return message[:position] + random.randbytes(random.randrange(1, 9)) + message[position:]


def _spliced(bench: Bench, random: Random, message: bytes) -> bytes:
    """The signature of one command under the text of another."""
    mine, other = cbor2.loads(message).value, cbor2.loads(bench.signed(random.randrange(3000, 4000), "find")).value
    return cbor2.dumps(cbor2.CBORTag(18, [mine[0], {}, other[2], mine[3]]))


def _foreign(bench: Bench, random: Random, message: bytes) -> bytes:
    return cose.sign(bench.content(random.randrange(3000, 4000), "unlock"), key=STRANGER, purpose="command")


def _unsigned(bench: Bench, random: Random, message: bytes) -> bytes:
    parts = cbor2.loads(message).value
    return cbor2.dumps(cbor2.CBORTag(18, [parts[0], {}, parts[2], random.choice((b"", bytes(64), parts[3][:63]))]))


def _other_encoding(bench: Bench, random: Random, message: bytes) -> bytes:
    """The same signed content in other bytes around it."""
    parts = cbor2.loads(message).value
    shape = random.randrange(3)
    if shape == 0:
        return cbor2.dumps([parts[0], {}, parts[2], parts[3]])
    if shape == 1:
        return cbor2.dumps(cbor2.CBORTag(18, [parts[0], {1: random.randrange(99)}, parts[2], parts[3]]))
    return b"\xd9\x00\x12" + message[1:]  # the tag in a longer form than needed


def _expired(bench: Bench, random: Random, message: bytes) -> bytes:
    return bench.signed(bench.ledger.counter + 1, "unlock", expires_ms=random.randrange(-5000, 1001))


def _replayed(bench: Bench, random: Random, message: bytes) -> bytes:
    return bench.signed(1000, "unlock")


def _reordered(bench: Bench, random: Random, message: bytes) -> bytes:
    return bench.signed(random.randrange(1, 1000), random.choice(sorted(KINDS)))


def _elsewhere(bench: Bench, random: Random, message: bytes) -> bytes:
    change = random.choice([{"serial": "OTHERMODULE1"}, {"epoch": "e" * 16}, {"boot": "b"}, {"serial": SERIAL.lower()}])
    return bench.signed(random.randrange(3000, 4000), "unlock", **change)


def _noise(bench: Bench, random: Random, message: bytes) -> bytes:
    return random.randbytes(random.randrange(300))


_SPOIL = (
    _truncated,
    _flipped,
    _lengthened,
    _spliced,
    _foreign,
    _unsigned,
    _other_encoding,
    _expired,
    _replayed,
    _reordered,
    _elsewhere,
    _noise,
)


def spoilt(bench: Bench, random: Random, originals: list[bytes], how: int) -> bytes:
    return _SPOIL[how](bench, random, random.choice(originals))


async def test_what_a_full_disk_cannot_remember_is_not_done(bench: Bench) -> None:
    """CD-04: the agent lives, and the platform's repetition is obeyed when there is room again."""
    order = bench.signed()
    bench.is_disk_full = True
    await bench.desk.receive(order)
    assert (bench.van.executed, bench.sent) == ([], [])
    bench.is_disk_full = False
    await bench.desk.receive(order)
    assert bench.replies == [("accepted", ""), ("done", "")]
    assert len(bench.van.executed) == 1


async def test_the_last_word_is_said_even_if_a_full_disk_does_not_keep_it(bench: Bench) -> None:
    """CD-02"""
    bench.van.answer = Outcome("done")
    bench.after_disk = lambda: setattr(bench, "is_disk_full", bench.ledger.counter == 1)
    await bench.desk.receive(bench.signed())
    assert bench.replies == [("accepted", ""), ("done", "")]


async def test_a_wipe_is_judged_and_done_in_one_step_and_repeated_as_it_was(bench: Bench) -> None:
    """VH-05: whatever the van can do, and once only."""
    bench.van.capabilities = frozenset()
    epoch, order = bench.store.epoch, bench.signed(7, "wipe", args={"serial": SERIAL})
    await bench.desk.receive(order)
    assert bench.store.epoch != epoch
    wiped = bench.store.epoch
    await bench.desk.receive(order)
    assert bench.replies == [("done", "")] * 2
    assert bench.sent[0] == bench.sent[1]
    assert (bench.store.epoch, bench.ledger.counter, bench.van.executed) == (wiped, 7, [])


@pytest.mark.parametrize(
    ("changes", "replies"),
    [
        ({"expires_ms": 500}, [("refused", "expired")]),
        ({"boot": "other"}, [("refused", "wrong_epoch")]),
        ({"serial": "TESTMODULE02"}, [("refused", "wrong_module")]),
        ({"args": {}}, [("refused", "bad_argument")]),
    ],
)
async def test_a_wipe_must_be_meant_for_this_module_now(
    bench: Bench, changes: dict[str, Any], replies: list[tuple[str, str]]
) -> None:
    epoch = bench.store.epoch
    await bench.desk.receive(bench.signed(7, "wipe", **({"args": {"serial": SERIAL}} | changes)))
    assert bench.replies == replies
    assert bench.store.epoch == epoch


async def test_nobody_but_the_signer_wipes(bench: Bench) -> None:
    epoch, content = bench.store.epoch, bench.content(7, "wipe", args={"serial": SERIAL})
    await bench.desk.receive(cose.sign(content, key=STRANGER, purpose="command"))
    assert (bench.sent, bench.store.epoch) == ([], epoch)
