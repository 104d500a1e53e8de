"""CD-02, CD-04: what was truncated, flipped, spliced, forged or replayed on its way executes nothing."""

from random import Random
from typing import Any

import cbor2

from kolonne.module.tests.conftest import SERIAL, SIGNER, STRANGER, Bench
from kolonne.wire import cose
from kolonne.wire.commands import KINDS


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
