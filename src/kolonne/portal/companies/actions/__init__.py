"""Every write to organisations, their people and what these may do."""

from kolonne.portal.companies.actions.applications import (
    answer_request,
    ask_for_access,
    grant_access,
    revoke_access,
)
from kolonne.portal.companies.actions.keys import create_api_key, revoke_api_key
from kolonne.portal.companies.actions.organisations import (
    CompanyData,
    add_member,
    change_company,
    create_company,
)
from kolonne.portal.companies.actions.partner import remind_of_missing_partners

__all__ = [
    "CompanyData",
    "add_member",
    "answer_request",
    "ask_for_access",
    "change_company",
    "create_api_key",
    "create_company",
    "grant_access",
    "remind_of_missing_partners",
    "revoke_access",
    "revoke_api_key",
]
