"""Bob, who may use the route planner, and the route planner itself: for all tests of the provider."""

from collections.abc import Callable
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from django.core.cache import cache
from django.test import Client as Browser

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Membership
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.identity.tests.relying import RelyingParty, relying_party
from kolonne.portal.lib.scope import company_scope

SignIn = Callable[[User], Browser]


@pytest.fixture
def routes(db: None) -> RelyingParty:
    cache.clear()
    return relying_party(rights=("use", "plan"))


def grant(house: House, user: User, party: RelyingParty, *rights: str) -> None:
    with company_scope(house.scope):
        membership = Membership.objects.get(user=user, company=house.company)
        companies.grant_access(
            actor=SYSTEM, membership=membership, application=party.application, rights=rights or ["use"]
        )


@pytest.fixture
def browser(bob: User, ours: House, routes: RelyingParty, signed_in: SignIn) -> Browser:
    """Of Bob, who may use the route planner and is signed in."""
    grant(ours, bob, routes, "use", "plan")
    return signed_in(bob)


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(OAuthError) as refusal:
        call()
    return str(refusal.value.error)
