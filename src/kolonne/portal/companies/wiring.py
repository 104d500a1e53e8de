"""Who may do what in which organisation, and what other contexts ask of this one: told once, when models are loaded."""

from kolonne.portal.companies import (
    access,
    departure,
    hooks,
    life_cycle,
    merge_parts,
    merging,
    people_step,
    queries,
    start,
    verification_step,
)
from kolonne.portal.companies.actions import erasure, invitations, last_administrator
from kolonne.portal.companies.models import Kind, Role
from kolonne.portal.companies.permissions import (
    DEALER_PERMISSIONS,
    MARKET_PERMISSIONS,
    OWN_PERMISSIONS,
    PERMISSIONS,
)
from kolonne.portal.companies.queries import profile
from kolonne.portal.identity import access as identity_access
from kolonne.portal.identity import export, private, second_factor
from kolonne.portal.identity import life_cycle as identity_life_cycle
from kolonne.portal.identity.actions.erasure import when_erased
from kolonne.portal.identity.actions.traces import when_traces_go, with_targets

READ = ("companies.company:read", "companies.member:read")


def give_rights() -> None:
    """To the roles of each kind of organisation, and to those who look after a market."""
    queries.allow(Role.ADMINISTRATOR, *PERMISSIONS)
    queries.allow(Role.ADMINISTRATOR, *OWN_PERMISSIONS, kinds=[Kind.FLEET])
    queries.allow(Role.FLEET_MANAGER, *READ)
    for role in (Role.ADMINISTRATOR, Role.DEALER_EMPLOYEE):
        queries.allow(role, *DEALER_PERMISSIONS, kinds=[Kind.DEALER])
    for role in (Role.DRIVER, Role.WORKSHOP_USER):
        queries.allow(role, "companies.company:read")
    for role in (Role.DEALER_EMPLOYEE, Role.MARKET_ADMINISTRATOR, Role.SUPPORT_AGENT):
        queries.allow(role, *READ)
    queries.allow_in_market(Role.MARKET_ADMINISTRATOR, "companies.case:write")
    market_wide = set(PERMISSIONS) - {"companies.apikey:write", "companies.application:grant"}
    queries.allow_in_market(Role.MARKET_ADMINISTRATOR, *market_wide, *MARKET_PERMISSIONS)
    queries.allow_in_market(Role.SUPPORT_AGENT, *READ, "companies.member:help")


def serve_identity() -> None:
    """What identity asks when people sign in, stay away, take their data along or are erased."""
    second_factor.require_when(queries.has_strong_role)
    identity_life_cycle.before_step(last_administrator.tell_before)
    identity_life_cycle.revived_by(life_cycle.who_revives)
    export.add_part("organisations", life_cycle.export)
    with_targets(erasure.invitations_of)
    when_erased(invitations.forget_person)
    when_erased(erasure.forget_member)
    when_erased(erasure.forget_checks)
    when_traces_go(erasure.forget_labels)
    private.tied_when(profile.belongs_somewhere)
    identity_access.fill_in(access.SOURCE)


def fill_account() -> None:
    """The company's own steps of the start page, part of its deletion, and part of its export."""
    hooks.add_next_step(verification_step.verification_step)
    hooks.add_next_step(start.company_data_step)
    hooks.add_next_step(people_step.people_step)
    hooks.add_departure(departure.DEPARTURE)
    merge_parts.add_merge_part(merging.MERGE)
    for name, part in departure.PARTS.items():
        hooks.add_export(name, part)
