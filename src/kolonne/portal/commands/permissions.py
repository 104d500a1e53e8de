from kolonne.portal.companies.models import Kind, Role
from kolonne.portal.companies.queries import allow, scope_allows
from kolonne.portal.lib import permissions

READ, WRITE, UNLOCK = "commands.command:read", "commands.command:write", "commands.command:unlock"

PERMISSIONS = {
    READ: "See commands to vans and what became of them",
    WRITE: "Give commands to vans",
    UNLOCK: "Open vans from afar",
}
permissions.register(PERMISSIONS)
for role in (Role.ADMINISTRATOR, Role.FLEET_MANAGER):
    allow(role, *PERMISSIONS, kinds=[Kind.FLEET])
scope_allows("commands:read", READ, "vehicles.vehicle:read")
scope_allows("commands:write", READ, WRITE, "vehicles.vehicle:read")
scope_allows("commands:unlock", READ, WRITE, UNLOCK, "vehicles.vehicle:read")
