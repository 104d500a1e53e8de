"""CO-01, CO-04, FT-09: people in roles, and keys that open no more than they say."""

from collections.abc import Callable

import pytest
from django.test import Client

from kolonne.portal.companies import actions
from kolonne.portal.companies.models import Role
from kolonne.portal.companies.queries import actor_of, authenticate_api_key
from kolonne.portal.companies.views.choice import CHOSEN
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db


def test_roles_become_rights_in_that_company_only(alice: User, ours: House, theirs: House) -> None:
    actor = actor_of(alice)
    assert actor.may("vehicles.vehicle:write", ours.company.pk)
    assert not actor.may("vehicles.vehicle:read", theirs.company.pk)


@pytest.mark.parametrize("chosen", ["", "0", "²", "9" * 5000, "1; DROP", "-1"])
def test_a_company_that_is_none_of_mine_changes_nothing(
    chosen: str, alice: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(alice)
    assert client.post("/company/", {"company": chosen}).headers["Location"] == "/"
    assert CHOSEN not in client.session


def test_nobody_gives_a_role_to_himself(alice: User, ours: House) -> None:
    with pytest.raises(Conflict):
        actions.add_member(actor=actor_of(alice), company=ours.company, user=alice, roles=[Role.DRIVER])


def test_a_fleet_manager_adds_nobody(bob: User, ours: House) -> None:
    with pytest.raises(NotAllowed):
        actions.add_member(actor=actor_of(bob), company=ours.company, user=person("eve"), roles=[Role.DRIVER])


def test_a_key_opens_its_company_until_it_is_revoked(our_scope: House) -> None:
    key, token = actions.create_api_key(actor=SYSTEM, company=our_scope.company, name="t", scopes=["vehicles:read"])
    holder = authenticate_api_key(token)
    assert holder is not None
    assert holder.company_id == our_scope.company.pk
    assert holder.actor.may("vehicles.vehicle:read", our_scope.company.pk)
    assert not holder.actor.may("vehicles.vehicle:write", our_scope.company.pk)
    actions.revoke_api_key(actor=SYSTEM, key=key)
    assert authenticate_api_key(token) is None


@pytest.mark.parametrize("token", ["", "kol_wrong", "kol_" + "x" * 43, "\0", "ø"])
def test_a_wrong_key_opens_nothing(ours: House, token: str) -> None:
    assert authenticate_api_key(token) is None


def test_an_unknown_scope_is_refused_by_name(ours: House) -> None:
    with company_scope(ours.scope), pytest.raises(Invalid, match="everything"):
        actions.create_api_key(actor=SYSTEM, company=ours.company, name="t", scopes=["everything"])
