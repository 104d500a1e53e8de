"""The rows of vans; a file for each topic."""

from kolonne.portal.vehicles.models.modules import Module, ModuleSession, ModuleStatus
from kolonne.portal.vehicles.models.vans import Drive, PresentVehicles, RefusedVin, Vehicle, VehicleQuerySet

__all__ = [
    "Drive",
    "Module",
    "ModuleSession",
    "ModuleStatus",
    "PresentVehicles",
    "RefusedVin",
    "Vehicle",
    "VehicleQuerySet",
]
