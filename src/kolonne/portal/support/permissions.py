from kolonne.portal.lib import permissions

ACT_FOR = "support.session:write"

PERMISSIONS = {ACT_FOR: "Act in customers' companies after they gave their support password"}
permissions.register(PERMISSIONS)
