from kolonne.portal.companies.models import Role
from kolonne.portal.companies.queries import allow, scope_allows
from kolonne.portal.lib import permissions

HISTORY = "fleet.history:read"

PERMISSIONS = {HISTORY: "See where vans were and what they measured"}
permissions.register(PERMISSIONS)
allow(Role.ADMINISTRATOR, *PERMISSIONS)
allow(Role.FLEET_MANAGER, *PERMISSIONS)
scope_allows("history:read", HISTORY, "vehicles.vehicle:read")
