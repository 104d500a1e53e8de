"""CD-01, CD-02, CD-03: what the portal checks before it asks the signer."""

from typing import Any

import pytest

from kolonne.portal.audit.models import Entry
from kolonne.portal.commands import actions, queries
from kolonne.portal.commands.actions import Order
from kolonne.portal.commands.api import command_out
from kolonne.portal.commands.models import Command
from kolonne.portal.commands.tests.conftest import PASSWORD, PIN
from kolonne.portal.commerce import actions as commerce
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, KolonneError, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles

pytestmark = pytest.mark.django_db


def ask(actor: Actor, house: House, name: str, key: str | None = None, pin: str = "", **args: Any) -> Command:
    return actions.request_command(
        actor=actor, vehicle=house.vehicle, order=Order(name=name, args=args, pin=pin), idempotency_key=key
    )


def set_pin(user: User) -> None:
    user.set_password(PASSWORD)
    user.save()
    actions.set_pin(actor=actor_of(user), user=user, current_password=PASSWORD, pin=PIN)


def test_a_fleet_manager_locks_a_van_and_the_audit_knows(our_scope: House, bobs_actor: Actor) -> None:
    command = ask(bobs_actor, our_scope, "lock")
    assert (command.state, command.requested_by, command.address) == ("queued", "Bob Test", "192.0.2.7")
    assert [step.state for step in command.steps.all()] == ["queued"]
    entry = Entry.objects.get(verb="commands.command.requested")
    assert (entry.user_id, entry.address, entry.facts["vehicle"]) == (
        bobs_actor.user_id,
        "192.0.2.7",
        our_scope.vehicle.pk,
    )


def test_an_old_answer_tells_what_may_be_seen_now(our_scope: House, bobs_actor: Actor) -> None:
    """VH-05"""
    command = ask(bobs_actor, our_scope, "lock")
    assert command_out(command)["reply"] is None
    command.reply_state = {"locked": True, "unknown": 1}  # only the signer writes it
    assert command_out(command)["reply"] == {"locked": True}
    for product in ("remote-access", "vehicle-supervision"):
        commerce.end_product(actor=SYSTEM, vehicle=our_scope.vehicle, product=product)
    assert command_out(command)["reply"] == {}


def test_a_driver_may_not(our_scope: House, dora: User) -> None:
    with pytest.raises(NotAllowed):
        ask(actor_of(dora), our_scope, "lock")


def test_another_company_may_not(ours: House, charlie: User) -> None:
    with pytest.raises(NotAllowed):
        ask(actor_of(charlie), ours, "lock")


@pytest.mark.parametrize(
    ("name", "args", "field"),
    [
        ("dance", {}, "command"),
        ("lock", {"hard": True}, "args.hard"),
        ("climate_start", {"temperature": 45}, "args.temperature"),
        ("charge_limit", {}, "args.percent"),
        ("message", {"text": "a\x00b"}, "args.text"),
    ],
)
def test_what_is_wrong_is_named(
    our_scope: House, bobs_actor: Actor, name: str, args: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(bobs_actor, our_scope, name, **args)
    assert list(refusal.value.errors) == [field]


def refused(*arguments: Any, **keywords: Any) -> str:
    """The code of a refusal, which must have left nothing behind."""
    with pytest.raises(KolonneError) as refusal:
        ask(*arguments, **keywords)
    assert not Command.objects.exists()
    return refusal.value.code


def test_a_van_gets_only_what_its_products_include(our_scope: House, bobs_actor: Actor) -> None:
    assert refused(bobs_actor, our_scope, "charge_start") == "not_entitled"


def test_a_van_without_a_module_gets_nothing(our_scope: House, bobs_actor: Actor) -> None:
    vehicles.revoke_module(actor=SYSTEM, module=our_scope.module)
    assert refused(bobs_actor, our_scope, "lock") == "no_module"


@pytest.mark.parametrize(("pin", "code"), [("", "pin_missing"), ("12345", "bad_pin"), (PIN, "pin_not_set")])
def test_opening_needs_a_pin_that_is_set(our_scope: House, bobs_actor: Actor, pin: str, code: str) -> None:
    assert refused(bobs_actor, our_scope, "unlock", pin=pin) == code


def test_a_pin_is_stored_sealed_only(our_scope: House, bob: User, bobs_actor: Actor) -> None:
    set_pin(bob)
    command = ask(bobs_actor, our_scope, "unlock", pin=PIN)
    assert command.pin_sealed
    assert PIN.encode() not in bytes(command.pin_sealed)
    assert PIN not in str(Entry.objects.get(verb="commands.command.requested").facts)


def test_closing_needs_no_pin_and_keeps_none(our_scope: House, bobs_actor: Actor) -> None:
    assert ask(bobs_actor, our_scope, "lock", pin=PIN).pin_sealed is None


def test_the_same_key_gives_the_same_command(our_scope: House, bobs_actor: Actor) -> None:
    first, second = (ask(bobs_actor, our_scope, "lock", key="click-1") for _ in range(2))
    assert first.pk == second.pk
    assert Command.objects.count() == 1


def test_a_key_is_not_used_for_two_things(our_scope: House, bobs_actor: Actor) -> None:
    ask(bobs_actor, our_scope, "lock", key="click-1")
    with pytest.raises(Conflict, match="another command"):
        ask(bobs_actor, our_scope, "find", key="click-1")


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 101, "a\n"])
def test_a_malformed_key_is_refused(our_scope: House, bobs_actor: Actor, key: str) -> None:
    assert refused(bobs_actor, our_scope, "lock", key=key) == "bad_idempotency_key"


def test_strangers_do_not_see_a_command(our_scope: House, bobs_actor: Actor, charlie: User) -> None:
    command = ask(bobs_actor, our_scope, "lock")
    assert queries.get_command_for(bobs_actor, command.pk) == command
    with pytest.raises(NotFound):
        queries.get_command_for(actor_of(charlie), command.pk)


def test_without_our_own_filter_the_database_still_shows_nothing(
    our_scope: House, theirs: House, bobs_actor: Actor
) -> None:
    """NF-03."""
    ask(bobs_actor, our_scope, "lock")
    with company_scope(theirs.scope):
        assert not Command.objects.exists()
