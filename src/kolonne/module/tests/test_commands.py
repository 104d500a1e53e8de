"""Command verification: what a module carries out, and all that it does not."""

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

import cbor2
import pytest

from kolonne.module.commands import EXECUTION_TIMEOUT_S
from kolonne.module.sources import Outcome
from kolonne.module.tests.conftest import SERIAL, SIGNER, STRANGER, Bench, ObedientVan
from kolonne.wire import cose
from kolonne.wire.signals import Value


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
