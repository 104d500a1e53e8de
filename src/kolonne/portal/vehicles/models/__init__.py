"""The rows of vans; a file for each topic."""

from kolonne.portal.vehicles.models.certificates import ModuleCertificate, ModuleClaim
from kolonne.portal.vehicles.models.imports import ImportLine, ImportState, Outcome, VanImport
from kolonne.portal.vehicles.models.modules import Module, ModuleSession, ModuleStatus
from kolonne.portal.vehicles.models.ownership import (
    LIVE,
    MOVES,
    RESERVED,
    WITH_OWNER,
    Claim,
    ClaimState,
    Handover,
    OwnershipRequest,
    Proof,
    RequestState,
)
from kolonne.portal.vehicles.models.vans import (
    Drive,
    PresentVehicles,
    RefusedVin,
    Removal,
    Vehicle,
    VehicleQuerySet,
)

__all__ = [
    "LIVE",
    "MOVES",
    "RESERVED",
    "WITH_OWNER",
    "Claim",
    "ClaimState",
    "Drive",
    "Handover",
    "ImportLine",
    "ImportState",
    "Module",
    "ModuleCertificate",
    "ModuleClaim",
    "ModuleSession",
    "ModuleStatus",
    "Outcome",
    "OwnershipRequest",
    "PresentVehicles",
    "Proof",
    "RefusedVin",
    "Removal",
    "RequestState",
    "VanImport",
    "Vehicle",
    "VehicleQuerySet",
]
