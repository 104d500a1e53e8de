"""CD-03: a van is opened with a PIN, not too often, and not while openings are frozen."""

import pytest

from kolonne.portal.commands import lifecycle
from kolonne.portal.commands.signer import store
from kolonne.portal.commands.tests.conftest import PIN, Signers, Van
from kolonne.portal.lib.errors import KolonneError


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
    awake.obey(right)
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
        awake.obey(command_id)
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
    assert awake.obey(awake.ask("lock")).command == "lock", "closing is not frozen"

    async def lift(signers: Signers) -> None:
        async with signers.pool.connection() as db:
            assert await store.lift_freeze(db, "Olga Operator") == 1

    awake.work(lift)
    assert awake.send(awake.ask("unlock", pin=PIN)).command == "unlock"
