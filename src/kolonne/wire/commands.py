"""The commands that a van may be given, with their arguments, time to live and conditions.

The same table is read by the portal (what to offer and to check), the signer (time to live, PIN) and the module
(interlocks). `confirm` names the signal by which the van proves that it did what it was told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kolonne.wire.signals import Value


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: a number within bounds, or a text of at most `maximum` characters."""

    kind: str
    minimum: float = 0
    maximum: float = 0
    required: bool = True

    def complaint(self, value: object) -> str | None:
        if self.kind == "text":
            fits = isinstance(value, str) and value.isprintable() and self.minimum <= len(value) <= self.maximum
            return None if fits else f"expected a text of {self.minimum:g} to {self.maximum:g} characters"
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and self.minimum <= value <= self.maximum:  # type: ignore[operator]  # number was checked
            return None
        return f"expected a number from {self.minimum:g} to {self.maximum:g}"


@dataclass(frozen=True, slots=True)
class CommandKind:
    """What may be ordered."""

    name: str
    seconds_to_live: int = 120
    needs_pin: bool = False
    standstill: bool = False
    """Interlock in the van: never while it moves."""
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    confirm: Mapping[str, Value] = field(default_factory=dict)


KINDS: dict[str, CommandKind] = {
    kind.name: kind
    for kind in (
        CommandKind("lock", confirm={"locked": True}),
        CommandKind("unlock", seconds_to_live=60, needs_pin=True, standstill=True, confirm={"locked": False}),
        CommandKind(
            "climate_start",
            seconds_to_live=600,
            arguments={"temperature": Argument("number", 16, 28, required=False)},
            confirm={"climate_on": True},
        ),
        CommandKind("climate_stop", seconds_to_live=600, confirm={"climate_on": False}),
        CommandKind("charge_start", confirm={"charging": True}),
        CommandKind("charge_stop", confirm={"charging": False}),
        CommandKind("charge_limit", arguments={"percent": Argument("number", 50, 100)}),
        CommandKind("departure_set", arguments={"time": Argument("text", 20, 25)}),
        CommandKind("find", standstill=True),
        CommandKind("message", arguments={"text": Argument("text", 1, 240)}),
        CommandKind(
            "destination",
            arguments={
                "lat": Argument("number", -90, 90),
                "lon": Argument("number", -180, 180),
                "name": Argument("text", 0, 120, required=False),
            },
        ),
    )
}

WIPE = "wipe"
"""The module forgets its readings, its profile and what it was told, and begins a new epoch: its van was removed."""
OWN_KINDS: dict[str, CommandKind] = {
    WIPE: CommandKind(WIPE, seconds_to_live=30 * 86400, arguments={"serial": Argument("text", 8, 32)})
}
"""What only the platform itself orders, and every module carries out by itself, whatever its van can do."""

REASONS = {
    # why a module refuses
    "bad_signature": "The signature does not fit the pinned key.",
    "wrong_module": "The command is for another module.",
    "wrong_epoch": "The command was made for an earlier store or start of the module.",
    "replayed": "The counter was used before.",
    "expired": "The command arrived too late.",
    "unknown_command": "The van does not know this command.",
    "bad_argument": "An argument is missing or out of bounds.",
    "moving": "The van is moving.",
    # why a van fails
    "door_open": "A door is open.",
    "bonnet_open": "The bonnet is open.",
    "not_plugged": "The charging plug is not connected.",
    "battery_low": "The charge is too low.",
    "actuator": "The actuator did not answer.",
    # why the platform gives up
    "unreachable": "The van did not connect in time.",
    "no_answer": "The van did not say what became of the command: its state is unknown.",
    "wrong_pin": "The PIN was wrong.",
    "pin_locked": "Too many wrong PINs.",
    "pin_missing": "No PIN was given, or none is set.",
    "too_many": "The van was opened too often within a minute.",
    "frozen": "Too many openings in a short time: frozen until somebody looks.",
    "not_entitled": "The service ended before the command was sent.",
    "company_leaving": "The deletion of the company was ordered before the command was sent.",
}


def complaints(kind: CommandKind, args: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with the arguments, by name; empty if nothing."""
    wrong = {name: "not an argument of this command" for name in args if name not in kind.arguments}
    for name, argument in kind.arguments.items():
        if name in args:
            complaint = argument.complaint(args[name])
            if complaint:
                wrong[name] = complaint
        elif argument.required:
            wrong[name] = "missing"
    return wrong
