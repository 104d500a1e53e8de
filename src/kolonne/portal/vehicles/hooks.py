"""What follows when vans and modules come and go; higher contexts add it when they are loaded.

A hook runs in the transaction of the act that calls it, in the company's scope, and may raise to refuse the act.
"""

from collections.abc import Callable

from kolonne.portal.lib.actor import Actor
from kolonne.portal.vehicles.models import Vehicle

Hook = Callable[[Actor, Vehicle], None]
_modules: list[Hook] = []
_leaving: list[Hook] = []


def when_modules_change(hook: Hook) -> None:
    """Adds what follows when a van got a module, lost one, or another one is in charge."""
    _modules.append(hook)


def modules_changed(actor: Actor, vehicle: Vehicle) -> None:
    for hook in _modules:
        hook(actor, vehicle)


def when_van_leaves(hook: Hook) -> None:
    """Adds what follows when a van was removed from its company; its `removed_at` is set already (VH-04, VH-05)."""
    _leaving.append(hook)


def van_leaves(actor: Actor, vehicle: Vehicle) -> None:
    for hook in _leaving:
        hook(actor, vehicle)
