"""Rights depend on what an organisation is: vans are the business of fleet companies only."""

from collections.abc import Callable

import pytest
from django.test import Client

from kolonne.portal.companies import actions
from kolonne.portal.companies.models import Company, Kind, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, person
from kolonne.portal.identity.models import User
from kolonne.portal.lib import permissions

pytestmark = pytest.mark.django_db
NOT_OF_VANS = ("companies.", "support.", "vehicles.claim:decide")
"""To say whose a van is, is the dealers' and the helpers' business, and nobody's own."""
OF_VANS = tuple(name for name in permissions.known() if not name.startswith(NOT_OF_VANS))


def organisation_of(kind: Kind) -> Company:
    return actions.create_company(actor=SYSTEM, name="Vestland AS", market="no", kind=kind)


@pytest.mark.parametrize("kind", [Kind.DEALER, Kind.WORKSHOP, Kind.OPERATOR])
def test_an_administrator_has_no_rights_to_vans_where_there_are_none(
    kind: Kind, signed_in: Callable[[User], Client]
) -> None:
    administrator = person("frida", organisation_of(kind), Role.ADMINISTRATOR)
    (rights,) = actor_of(administrator).rights.values()
    assert "companies.member:write" in rights
    assert not rights.intersection(OF_VANS)
    rail = signed_in(administrator).get("/people/").content.decode().partition("<main")[0]
    assert "Map" not in rail
    assert "Vans" not in rail
    assert 'role="search" action="/"' not in signed_in(administrator).get("/account/").content.decode()


def test_the_administrator_of_a_fleet_company_has_all_of_them(alice: User) -> None:
    (rights,) = actor_of(alice).rights.values()
    assert OF_VANS
    assert rights >= set(OF_VANS)
    assert "vehicles.claim:decide" not in rights
