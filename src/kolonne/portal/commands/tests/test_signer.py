"""CD-02, CD-03, CD-04: what the signer sends, refuses and believes."""

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest

from kolonne.module.commands import CommandDesk, Self
from kolonne.module.ledger import LastReply, Ledger
from kolonne.module.sources import Outcome
from kolonne.module.store import Store as ModuleStore
from kolonne.portal.commands import lifecycle
from kolonne.portal.commands.signer import dispatcher, store
from kolonne.portal.commands.tests.conftest import PIN, Signers, Van
from kolonne.portal.commerce import actions as commerce
from kolonne.portal.conftest import SYSTEM
from kolonne.portal.lib import channels
from kolonne.portal.lib.errors import KolonneError
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles
from kolonne.wire.commands import KINDS
from kolonne.wire.messages import Command
from kolonne.wire.signals import Value

T = TypeVar("T")
ONLY_FIND = "UPDATE commerce_profile SET commands = '{find}' WHERE vehicle_id = %s"


def test_a_lock_travels_to_the_van_and_back(awake: Van) -> None:
    command_id = awake.ask("lock")
    command = awake.send(command_id)
    assert (command.serial, command.id, command.command) == (awake.serial, str(command_id), "lock")
    assert (command.boot, command.epoch, command.counter) == ("boot1", "epoch1", 1)
    assert 5_000 + 119_000 < command.expires_ms <= 5_000 + 121_000
    awake.answer(awake.reply(command, "accepted"), awake.reply(command, "done", locked=True))
    assert awake.states(command_id) == ["queued", "sent", "accepted", "done"]
    assert awake.look(command_id).reply_state == {"locked": True}


def test_every_step_is_shown_after_it_happened(awake: Van) -> None:
    command_id = awake.ask("lock")
    signers = awake.work(lambda signers: signers.one.dispatch(command_id))
    [shown] = signers.live(awake.house.company.pk)
    assert (shown["id"], shown["state"], shown["vehicle_id"]) == (str(command_id), "sent", awake.house.vehicle.pk)
    assert [step["state"] for step in shown["steps"]] == ["queued", "sent"]


def test_nothing_is_sent_before_the_van_has_said_hello(van: Van) -> None:
    command_id = van.ask("lock")
    assert van.work(lambda signers: signers.one.dispatch(command_id)).raw() == []
    assert van.look(command_id).state == "queued"
    van.hello()
    assert van.send(command_id).id == str(command_id)


def test_numbers_grow_beyond_all_that_the_van_has_seen(awake: Van) -> None:
    first = obeyed(awake, awake.ask("lock"))
    awake.hello(counter=40)
    second = obeyed(awake, awake.ask("lock"))
    awake.hello(counter=0, epoch="epoch2", boot="boot2")
    third = awake.send(awake.ask("lock"))
    assert [first.counter, second.counter, third.counter] == [1, 41, 42]


def test_two_signers_sign_a_command_once(awake: Van) -> None:
    command_id = awake.ask("lock")

    async def both(signers: Signers) -> None:
        await asyncio.gather(*(signer.dispatch(command_id) for signer in (signers.one, signers.two) * 5))

    [command] = awake.work(both).commands()
    assert command.id == str(command_id)


def test_one_command_at_a_time_is_on_its_way_to_a_van(awake: Van) -> None:
    """A lost command could never be carried out once the van has seen a higher number."""
    asked = [awake.ask("lock") for _ in range(5)]

    async def all_at_once(signers: Signers) -> None:
        await asyncio.gather(*(signer.dispatch(one) for one in asked for signer in (signers.one, signers.two)))

    sent = []
    for _ in asked:
        [command] = awake.work(all_at_once).commands()
        sent.append(command)
        assert awake.work(all_at_once).raw() == []
        awake.answer(awake.reply(command, "accepted"))
    assert sorted(command.id for command in sent) == sorted(map(str, asked))
    assert [command.counter for command in sent] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("end", ["answered", "expired", "withdrawn"])
def test_the_next_command_goes_when_the_one_before_has_ended(awake: Van, end: str) -> None:
    first, second, third = (awake.ask(name) for name in ("lock", "find", "lock"))
    command = awake.send(first)
    assert not {first, second, third} & waiting(awake)
    if end == "answered":
        with awake.admin() as db:
            db.autocommit = True
            db.execute(f"LISTEN {channels.COMMANDS}")
            awake.answer(awake.reply(command, "failed", "actuator"))
            woken = [note.payload for note in db.notifies(timeout=5, stop_after=1)]
        assert woken == [str(second)], "no signer has to wait for its next round"
    elif end == "expired":
        awake.make_overdue(first)
        awake.work(lambda signers: signers.one.expire())
    else:
        with awake.admin() as db:
            db.execute(
                "UPDATE commerce_profile SET commands = '{find}' WHERE vehicle_id = %s", [awake.house.vehicle.pk]
            )
    assert {first, second, third} & waiting(awake) == {second}
    assert awake.send(second).id == str(second)


def test_a_refused_command_wakes_the_next(awake: Van) -> None:
    awake.set_pin()
    wrong, second = awake.ask("unlock", pin="314159"), awake.ask("lock")
    with awake.admin() as db:
        db.autocommit = True
        db.execute(f"LISTEN {channels.COMMANDS}")
        awake.work(lambda signers: signers.one.dispatch(wrong))
        assert [note.payload for note in db.notifies(timeout=5, stop_after=1)] == [str(second)]


def test_what_a_restarted_van_may_not_be_sent_again_holds_nothing_up(
    awake: Van, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "WAITING_AT_ONCE", 1)
    first, second = awake.ask("lock"), awake.ask("find")
    awake.send(first)
    awake.hello(boot="boot2")
    with awake.admin() as db:
        db.execute(ONLY_FIND, [awake.house.vehicle.pk])
        for year, command_id in ((2000, first), (2001, second)):
            moment = datetime(year, 1, 1, tzinfo=UTC)
            db.execute("UPDATE commands_command SET created_at = %s WHERE id = %s", [moment, command_id])
    assert waiting(awake) == {second}
    assert awake.send(second).id == str(second)


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


def test_the_same_bytes_are_sent_again_until_the_vans_last_word(awake: Van) -> None:
    command_id = awake.ask("lock")
    sent = awake.work(lambda signers: signers.one.dispatch(command_id))
    assert awake.work(lambda signers: signers.one.resend()).raw() == sent.raw()
    awake.answer(awake.reply(sent.commands()[0], "accepted"))
    assert awake.work(lambda signers: signers.one.resend()).raw() == sent.raw()
    awake.answer(awake.reply(sent.commands()[0], "done"))
    assert awake.work(lambda signers: signers.one.resend()).raw() == []


def test_nothing_unanswered_is_left_out_however_much_there_is(awake: Van, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PAGE", 1)
    commands = []
    for _ in range(3):
        commands.append(awake.send(awake.ask("lock")))
        awake.answer(awake.reply(commands[-1], "accepted"))
    again = awake.work(lambda signers: signers.one.resend()).commands()
    assert [command.id for command in again] == [command.id for command in commands]


def test_a_signer_does_not_send_again_at_once(awake: Van) -> None:
    command_id = awake.ask("lock")

    async def twice(signers: Signers) -> None:
        await signers.one.dispatch(command_id)
        await signers.one.resend()

    assert len(awake.work(twice).raw()) == 1


def test_a_restarted_van_gets_a_new_signature_if_it_never_accepted_the_old_one(awake: Van) -> None:
    command_id = awake.ask("lock")
    first = awake.send(command_id)
    awake.hello(boot="boot2", counter=first.counter - 1)
    second = awake.send(command_id)
    assert (second.boot, second.id) == ("boot2", first.id)
    assert second.counter > first.counter
    assert awake.states(command_id) == ["queued", "sent"]
    awake.answer(awake.reply(first, "done"))
    assert awake.look(command_id).state == "sent", "an answer to the number that was withdrawn counts no more"
    awake.answer(awake.reply(second, "done"))
    assert awake.look(command_id).state == "done"


@pytest.mark.parametrize("hello", [{"boot": "boot2", "counter": 1}, {"boot": "boot2", "epoch": "epoch2"}])
def test_what_a_van_may_have_executed_is_never_signed_again(awake: Van, hello: dict[str, str]) -> None:
    command_id = awake.ask("lock")
    assert awake.send(command_id).counter == 1
    awake.hello(**hello)  # type: ignore[arg-type]  # a number among texts
    assert awake.work(lambda signers: signers.one.dispatch(command_id)).raw() == []


def test_opening_needs_the_right_pin_which_is_then_erased(awake: Van) -> None:
    awake.set_pin()
    command_id = awake.ask("unlock", pin=PIN)
    assert awake.look(command_id).pin_sealed
    assert awake.send(command_id).command == "unlock"
    assert awake.look(command_id).pin_sealed is None


def test_five_wrong_pins_lock_until_a_new_one_is_set(awake: Van) -> None:
    awake.set_pin()
    wrong = [awake.ask("unlock", pin="314159") for _ in range(lifecycle.PIN_TRIES)]
    waiting = awake.ask("unlock", pin=PIN)
    for command_id in (*wrong, waiting):
        awake.work(lambda signers, one=command_id: signers.one.dispatch(one))  # type: ignore[misc]  # bound at once
    assert {awake.look(command_id).reason for command_id in wrong} == {"wrong_pin"}
    assert awake.look(waiting).reason == "pin_locked", "the right PIN comes too late"
    with pytest.raises(KolonneError, match="locked"):
        awake.ask("unlock", pin=PIN)
    awake.set_pin("161803")
    assert awake.send(awake.ask("unlock", pin="161803")).command == "unlock"


def test_a_right_pin_forgives_earlier_mistakes(awake: Van) -> None:
    awake.set_pin()
    wrong, right, wrong_again = (awake.ask("unlock", pin=pin) for pin in ("314159", PIN, "314159"))
    awake.work(lambda signers: signers.one.dispatch(wrong))
    obeyed(awake, right)
    awake.work(lambda signers: signers.one.dispatch(wrong_again))
    with awake.admin() as db:
        row = db.execute("SELECT failures FROM commands_unlockpin WHERE user_id = %s", [awake.manager.pk]).fetchone()
    assert row == (1,)


def test_a_sealed_pin_opens_no_other_command(awake: Van) -> None:
    awake.set_pin()
    right, wrong = awake.ask("unlock", pin=PIN), awake.ask("unlock", pin="314159")
    with awake.admin() as db:
        db.execute(
            "UPDATE commands_command SET pin_sealed = (SELECT pin_sealed FROM commands_command WHERE id = %s) "
            "WHERE id = %s",
            [right, wrong],
        )
    assert awake.work(lambda signers: signers.one.dispatch(wrong)).raw() == []
    assert awake.look(wrong).state == "failed"


def test_a_van_is_opened_five_times_a_minute_at_most(awake: Van) -> None:
    awake.set_pin()
    *asked, last = [awake.ask("unlock", pin=PIN) for _ in range(lifecycle.OPENINGS_PER_VEHICLE + 1)]
    for command_id in asked:
        obeyed(awake, command_id)
    assert awake.work(lambda signers: signers.one.dispatch(last)).raw() == []
    assert awake.look(last).reason == "too_many"


def test_too_many_openings_freeze_all_until_somebody_has_looked(awake: Van, monkeypatch: pytest.MonkeyPatch) -> None:
    awake.set_pin()
    monkeypatch.setattr(lifecycle, "OPENINGS_OVERALL", 0)
    first = awake.ask("unlock", pin=PIN)
    assert awake.work(lambda signers: signers.one.dispatch(first)).raw() == []
    assert awake.look(first).reason == "frozen"
    monkeypatch.undo()
    second = awake.ask("unlock", pin=PIN)
    assert awake.work(lambda signers: signers.one.dispatch(second)).raw() == []
    assert obeyed(awake, awake.ask("lock")).command == "lock", "closing is not frozen"

    async def lift(signers: Signers) -> None:
        async with signers.pool.connection() as db:
            assert await store.lift_freeze(db, "Olga Operator") == 1

    awake.work(lift)
    assert awake.send(awake.ask("unlock", pin=PIN)).command == "unlock"


def test_a_product_that_ended_in_between_stops_the_command(awake: Van) -> None:
    command_id = awake.ask("lock")
    with company_scope(awake.house.scope):
        commerce.end_product(actor=SYSTEM, vehicle=awake.house.vehicle, product="remote-access")
    assert awake.work(lambda signers: signers.one.dispatch(command_id)).raw() == []
    assert awake.look(command_id).reason == "not_entitled"


def test_a_product_that_ended_stops_the_resending(awake: Van) -> None:
    awake.send(awake.ask("lock"))
    with company_scope(awake.house.scope):
        commerce.end_product(actor=SYSTEM, vehicle=awake.house.vehicle, product="remote-access")
    assert awake.work(lambda signers: signers.one.resend()).raw() == []


def test_a_revoked_module_gets_nothing_and_is_not_believed(awake: Van) -> None:
    sent, waiting = awake.ask("lock"), awake.ask("lock")
    command = awake.send(sent)
    with company_scope(awake.house.scope):
        vehicles.revoke_module(actor=SYSTEM, module=awake.house.module)
    assert awake.work(lambda signers: signers.one.dispatch(waiting)).raw() == []
    awake.answer(awake.reply(command, "done"))
    assert awake.look(sent).state == "sent"


def test_a_removed_van_tells_its_earlier_company_nothing_more(awake: Van) -> None:
    """VH-05: an answer that was on its way ends the command, and what it reads belongs to the next owner."""
    command_id = awake.ask("lock")
    command = awake.send(command_id)
    with company_scope([awake.house.company.pk]):
        vehicles.remove_vehicle(actor=SYSTEM, vehicle=awake.house.vehicle)
    awake.answer(awake.reply(command, "done", locked=True, lat=59.9, lon=10.7))
    assert awake.look(command_id).state == "done"
    assert not awake.look(command_id).reply_state


def test_a_van_that_never_came_was_unreachable(van: Van) -> None:
    command_id = van.ask("lock")
    van.make_overdue(command_id)
    van.work(lambda signers: signers.one.expire())
    assert (van.look(command_id).state, van.look(command_id).reason) == ("expired", "unreachable")


def test_a_van_that_was_not_connected_was_unreachable(awake: Van) -> None:
    command_id = awake.ask("lock")

    async def nobody_there(signers: Signers) -> None:
        await signers.one.dispatch(command_id)
        signers.one.nobody_heard(command_id)
        awake.make_overdue(command_id)
        await signers.one.expire()

    awake.work(nobody_there)
    assert awake.look(command_id).reason == "unreachable"


def test_a_silent_van_leaves_the_state_unknown_and_its_late_word_counts(awake: Van) -> None:
    command_id = awake.ask("lock")
    command = awake.send(command_id)
    awake.make_overdue(command_id)
    signers = awake.work(lambda signers: signers.one.expire())
    assert signers.live(awake.house.company.pk)[-1]["reason"] == "no_answer"
    awake.answer(awake.reply(command, "accepted"))
    assert awake.look(command_id).state == "expired"
    awake.answer(awake.reply(command, "done", locked=True))
    assert awake.states(command_id) == ["queued", "sent", "expired", "done"]


def test_an_overdue_command_is_not_sent(awake: Van) -> None:
    command_id = awake.ask("lock")
    awake.make_overdue(command_id)
    assert awake.work(lambda signers: signers.one.dispatch(command_id)).raw() == []


def test_a_repeated_answer_adds_no_step(awake: Van) -> None:
    command_id = awake.ask("lock")
    command = awake.send(command_id)
    awake.answer(*[awake.reply(command, "done")] * 3, awake.reply(command, "failed", "actuator"))
    assert awake.states(command_id) == ["queued", "sent", "done"]


def test_a_module_answers_only_its_own_commands(awake: Van, django_db_blocker: object) -> None:
    command_id = awake.ask("lock")
    command = awake.send(command_id)
    wrong_number = awake.reply(command, "done")
    command.counter += 1
    awake.answer(awake.reply(command, "done"))
    awake.answer(wrong_number, serial="CMD9999999999")
    assert awake.look(command_id).state == "sent"


def test_what_another_signer_ended_is_forgotten(awake: Van, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each signer sends and hears only some of it: none may remember the rest for ever."""
    monkeypatch.setattr(dispatcher, "FORGOTTEN_S", 0)
    command_id = awake.ask("lock")

    async def sent_and_never_answered_here(signers: Signers) -> None:
        await signers.one.dispatch(command_id)
        signers.one.nobody_heard(command_id)
        await signers.one.expire()
        signers.one.nobody_heard(command_id)
        assert [*signers.one._published_at, *signers.one._attempts, *signers.one._unheard] == []

    awake.work(sent_and_never_answered_here)


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


def obeyed(van: Van, command_id: UUID) -> Command:
    """Sent, and done by the van."""
    command = van.send(command_id)
    van.answer(van.reply(command, "done"))
    return command


def waiting(van: Van) -> set[UUID]:
    """What a round of the signer would look at; commands of other tests among it."""
    found: set[UUID] = set()

    async def look(signers: Signers) -> None:
        found.update(await signers.one.waiting())

    van.work(look)
    return found


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
