from kolonne.portal.lib import permissions

PERMISSIONS = {
    "companies.company:read": "See the company",
    "companies.company:write": "Change the company's address, customer number, partner and security rules",
    "companies.member:read": "See the people of the company",
    "companies.member:write": "Create, block and delete people, give roles and reset second factors",
    "companies.member:help": "Reset people's sign-in status and password",
    "companies.application:grant": "Give people access rights to applications",
    "companies.audit:read": "Read what was done in the company",
    "companies.apikey:write": "Make and revoke API keys",
}
MARKET_PERMISSIONS = {
    "companies.organisation:write": "Create organisations of the market",
    "companies.market:write": "Change the periods and the support's address of the market",
}
permissions.register(PERMISSIONS | MARKET_PERMISSIONS)
