"""A person who may be helped."""

import pytest
from django.core.cache import cache

from kolonne.portal.companies.queries import actor_of
from kolonne.portal.identity.models import User
from kolonne.portal.support import actions

SECRET = "blaue-Ampel7"


@pytest.fixture(autouse=True)
def _nobody_tried_before() -> None:
    cache.clear()


@pytest.fixture
def bobs_password(bob: User) -> str:
    actions.set_password(actor=actor_of(bob), user=bob, password=SECRET)
    return SECRET
