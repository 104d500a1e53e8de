"""A dealer and his customer, an agent, and the browsers of those who help."""

import time
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Company, Kind, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.support import actions

SECRET = "blaue-Ampel7"


@pytest.fixture(autouse=True)
def _nobody_tried_before() -> None:
    cache.clear()


def dealer_named(name: str) -> Company:
    return companies.create_company(actor=SYSTEM, name=name, market="no", kind=Kind.DEALER)


@pytest.fixture
def dealer(ours: House) -> Company:
    """The after-sales partner of our company."""
    company = dealer_named("Bilforhandler Oslo AS")
    with company_scope([ours.company.pk]):
        Company.objects.filter(pk=ours.company.pk).update(partner_id=company.pk)
        ours.company.refresh_from_db()
    return company


@pytest.fixture
def kari(dealer: Company) -> User:
    """Employee of our company's dealer."""
    return person("kari", dealer, Role.DEALER_EMPLOYEE)


@pytest.fixture
def frode(db: None) -> User:
    """Employee of a dealer who has nothing to do with our company."""
    return person("frode", dealer_named("Fremmed Forhandler AS"), Role.DEALER_EMPLOYEE)


@pytest.fixture
def bobs_password(bob: User) -> str:
    actions.set_password(actor=actor_of(bob), user=bob, password=SECRET)
    return SECRET


@pytest.fixture
def at_the_desk(signed_in: Callable[[User], Client]) -> Callable[[User], Client]:
    """A helper's browser in which he just proved who he is."""

    def sign_in(user: User) -> Client:
        client = signed_in(user)
        session = client.session
        session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        return client

    return sign_in
