"""Every write to organisations, their people and what these may do."""

from kolonne.portal.companies.actions.keys import create_api_key, revoke_api_key
from kolonne.portal.companies.actions.organisations import add_member, checked_roles, create_company

__all__ = ["add_member", "checked_roles", "create_api_key", "create_company", "revoke_api_key"]
