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
OWN_PERMISSIONS = {
    "companies.company:delete": "Delete the company",
    "companies.company:merge": "Merge the company with another one",
    "companies.company:export": "Export all of the company's data",
    "companies.case:ask": "Have the company verified by a dealer",
}
"""What only a company's own administrators do."""
DEALER_PERMISSIONS = {
    "companies.customer:read": "See the customers of the dealer",
    "companies.case:write": "Check customers' documents and say what was found",
}
MARKET_PERMISSIONS = {
    "companies.organisation:write": "Create organisations of the market",
    "companies.market:write": "Change the periods and the support's address of the market",
}
permissions.register(PERMISSIONS | OWN_PERMISSIONS | DEALER_PERMISSIONS | MARKET_PERMISSIONS)
