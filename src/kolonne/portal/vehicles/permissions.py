from kolonne.portal.lib import permissions

PERMISSIONS = {
    "vehicles.vehicle:read": "See which vans there are",
    "vehicles.vehicle:write": "Add, change and remove vans",
    "vehicles.module:write": "Put modules into service and revoke them",
}
permissions.register(PERMISSIONS)
