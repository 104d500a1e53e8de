from kolonne.portal.lib import permissions

PERMISSIONS = {
    "vehicles.vehicle:read": "See which vans there are",
    "vehicles.vehicle:write": "Add and change vans",
    "vehicles.vehicle:transfer": "Remove vans, hand them over, and claim or take over vans of others",
    "vehicles.module:write": "Put modules into service and revoke them",
}
ARBITER_PERMISSIONS = {"vehicles.claim:decide": "Decide whose a claimed van is"}
permissions.register(PERMISSIONS | ARBITER_PERMISSIONS)
