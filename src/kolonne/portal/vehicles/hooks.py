"""What follows when vans and modules come and go; higher contexts add it when they are loaded.

A hook runs in the transaction of the act that calls it, in the company's scope, and may raise to refuse the act.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.vehicles.models import Vehicle

Hook = Callable[[Actor, Vehicle], None]
_modules: list[Hook] = []
_leaving: list[Hook] = []
_retiring: list[Hook] = []


def when_modules_change(hook: Hook) -> None:
    """Adds what follows when a van got a module, lost one, or another one is in charge."""
    _modules.append(hook)


def modules_changed(actor: Actor, vehicle: Vehicle) -> None:
    for hook in _modules:
        hook(actor, vehicle)


def when_van_leaves(hook: Hook) -> None:
    """Adds what follows when a van was removed from its company; its `removed_at` is set already, its modules are still
    active: they become `RETIRING` after all hooks (VH-04, VH-05). What the actor may do was checked: he may be the
    buyer's or a dealer's person, who has no right in this company."""
    _leaving.append(hook)


def when_modules_retire(hook: Hook) -> None:
    """Adds what follows after that, when the van's modules are retiring: they are told to wipe themselves."""
    _retiring.append(hook)


def modules_retire(actor: Actor, vehicle: Vehicle) -> None:
    for hook in _retiring:
        hook(actor, vehicle)


def van_leaves(actor: Actor, vehicle: Vehicle) -> None:
    for hook in _leaving:
        hook(actor, vehicle)


@dataclass(frozen=True)
class Leaving:
    """What the removal of a van brings about, in the reader's words."""

    ends: list[str]
    """Services of the van that end now, by name."""
    stays: list[str]
    """Services whose past readings stay visible, because another van of the company has them (VH-05)."""
    goes: list[str]
    """Services whose past readings nobody sees any more, unless the company buys them again."""


Consequences = Callable[[Vehicle], Leaving]
_consequences: list[Consequences] = []


def tell_consequences(consequences: Consequences) -> None:
    """Adds what is said before a van is removed."""
    _consequences.append(consequences)


def consequences_of(vehicle: Vehicle) -> Leaving:
    """In the scope of the van's company."""
    parts = [tell(vehicle) for tell in _consequences]
    return Leaving(
        [name for part in parts for name in part.ends],
        [name for part in parts for name in part.stays],
        [name for part in parts for name in part.goes],
    )


Visible = Callable[[Company], list[str]]
_visible: list[Visible] = []


def tell_what_stays_visible(visible: Visible) -> None:
    """Adds names of services whose readings of removed vans the company sees now (VH-05)."""
    _visible.append(visible)


def what_stays_visible(company: Company) -> list[str]:
    """In the company's scope."""
    return [name for tell in _visible for name in tell(company)]
