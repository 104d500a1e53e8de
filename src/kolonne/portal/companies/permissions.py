from kolonne.portal.lib import permissions

PERMISSIONS = {
    "companies.company:read": "See the company",
    "companies.member:read": "See the people of the company",
    "companies.member:write": "Invite and remove people and give roles",
    "companies.apikey:write": "Make and revoke API keys",
}
permissions.register(PERMISSIONS)
