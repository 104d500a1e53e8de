from kolonne.portal.companies.models import Role
from kolonne.portal.companies.queries import allow, scope_allows
from kolonne.portal.lib import permissions

READ, WRITE, UNLOCK = "commands.command:read", "commands.command:write", "commands.command:unlock"

PERMISSIONS = {
    READ: "See commands to vans and what became of them",
    WRITE: "Give commands to vans",
    UNLOCK: "Open vans from afar",
}
permissions.register(PERMISSIONS)
allow(Role.ADMINISTRATOR, *PERMISSIONS)
allow(Role.FLEET_MANAGER, *PERMISSIONS)
scope_allows("commands:read", READ, "vehicles.vehicle:read")
scope_allows("commands:write", READ, WRITE, "vehicles.vehicle:read")
scope_allows("commands:unlock", READ, WRITE, UNLOCK, "vehicles.vehicle:read")
