"""Every write of vans and their modules."""

from kolonne.portal.vehicles.actions.checks import CHECK, note_check
from kolonne.portal.vehicles.actions.modules import enrol_module, revoke_module
from kolonne.portal.vehicles.actions.removal import remove_vehicle
from kolonne.portal.vehicles.actions.vans import LIMIT, WRITE, VehicleData, add_by_hand, add_vehicle

__all__ = [
    "CHECK",
    "LIMIT",
    "WRITE",
    "VehicleData",
    "add_by_hand",
    "add_vehicle",
    "enrol_module",
    "note_check",
    "remove_vehicle",
    "revoke_module",
]
