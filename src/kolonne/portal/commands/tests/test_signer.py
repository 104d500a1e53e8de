"""CD-02, CD-03, CD-04: what the signer sends, refuses and believes."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from kolonne.portal.commands.signer import dispatcher, store
from kolonne.portal.commands.tests.conftest import Signers, Van
from kolonne.portal.commerce import actions as commerce
from kolonne.portal.conftest import SYSTEM
from kolonne.portal.lib import channels
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles

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
    first = awake.obey(awake.ask("lock"))
    awake.hello(counter=40)
    second = awake.obey(awake.ask("lock"))
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


def waiting(van: Van) -> set[UUID]:
    """What a round of the signer would look at; commands of other tests among it."""
    found: set[UUID] = set()

    async def look(signers: Signers) -> None:
        found.update(await signers.one.waiting())

    van.work(look)
    return found
