from kolonne.portal.lib import permissions

PERMISSIONS = {
    "commerce.product:read": "See products and contracts",
    "commerce.product:write": "Buy products, assign them to vans and end them",
}
permissions.register(PERMISSIONS)
