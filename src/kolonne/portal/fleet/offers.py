"""The commands that a van's page shows as buttons; one that is not possible says why."""

from dataclasses import dataclass

from kolonne.portal.commands.permissions import UNLOCK, WRITE
from kolonne.portal.commands.texts import NAMES, REFUSALS
from kolonne.portal.commerce.models import Profile
from kolonne.portal.lib.actor import Actor
from kolonne.portal.vehicles.models import Drive, Module, ModuleSession, Vehicle
from kolonne.wire.commands import KINDS

ALWAYS = ("lock", "unlock", "climate_start", "climate_stop")
ELECTRIC = ("charge_start", "charge_stop")
LAST = ("find",)
_ICONS = {
    "lock": "lock",
    "unlock": "unlock",
    "climate_start": "climate",
    "climate_stop": "climate",
    "charge_start": "bolt",
    "charge_stop": "bolt",
    "find": "find",
}


@dataclass(frozen=True)
class Offer:
    """A button. `why` is empty when the command may be given; `is_second` hides it until its opposite was done."""

    name: str
    label: str
    icon: str
    needs_pin: bool
    why: str
    is_second: bool


def offers(actor: Actor, vehicle: Vehicle, module: Module | None) -> list[Offer]:
    """Empty for people who may not command vans at all."""
    if not actor.may(WRITE, vehicle.company_id):
        return []
    electric = vehicle.drive in {Drive.ELECTRIC, Drive.HYBRID}
    profile = Profile.objects.filter(vehicle=vehicle).first()
    session = ModuleSession.objects.filter(module=module).first() if module else None
    entitled = frozenset(profile.commands if profile else ())
    able = frozenset(session.capabilities if session else KINDS)
    may_unlock = actor.may(UNLOCK, vehicle.company_id)

    def why(name: str) -> str:
        if KINDS[name].needs_pin and not may_unlock:
            return str(REFUSALS["not_allowed"])
        if name not in entitled:
            return str(REFUSALS["not_entitled"])
        if module is None:
            return str(REFUSALS["no_module"])
        return "" if name in able else str(REFUSALS["not_capable"])

    return [
        Offer(name, str(NAMES[name]), _ICONS[name], KINDS[name].needs_pin, why(name), name.endswith("_stop"))
        for name in (*ALWAYS, *(ELECTRIC if electric else ()), *LAST)
    ]
