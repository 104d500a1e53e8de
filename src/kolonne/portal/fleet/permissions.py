from kolonne.portal.companies.models import Kind, Role
from kolonne.portal.companies.queries import allow, scope_allows
from kolonne.portal.lib import permissions

STATE, HISTORY = "fleet.state:read", "fleet.history:read"

PERMISSIONS = {
    STATE: "See where vans are and what they measure",
    HISTORY: "See where vans were and what they measured",
}
permissions.register(PERMISSIONS)
for role in (Role.ADMINISTRATOR, Role.FLEET_MANAGER):
    allow(role, *PERMISSIONS, kinds=[Kind.FLEET])
scope_allows("vehicles:read", STATE)
scope_allows("history:read", HISTORY, STATE, "vehicles.vehicle:read")
