"""Who registers companies in tests, and which."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache

from kolonne.portal.companies.actions.registration import CompanyToBe, register_company
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import person
from kolonne.portal.identity.models import User

NYBY = {
    "legal_form": "as", "name": "Nyby Bud AS", "register_number": "123 456 785", "vat_number": "",
    "street": "Storgata 1", "postal_code": "0155", "city": "Oslo",
}  # fmt: skip
SPREE = NYBY | {
    "legal_form": "gmbh", "name": "Spree Kurier GmbH", "register_number": "Charlottenburg HRB 4711",
    "vat_number": "DE123456788", "city": "Berlin", "postal_code": "10115",
}  # fmt: skip


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ingrid(db: None) -> User:
    """A new person whose name and date of birth are known."""
    user = person("ingrid")
    user.birth_date = date(1984, 5, 17)
    user.save()
    return user


def data(**changes: str) -> CompanyToBe:
    return CompanyToBe(**(NYBY | changes))


def registers(user: User, market: str = "no", **changes: Any) -> Company:
    facts = {"person": None, "is_declared": True, "data": data()} | changes
    return register_company(actor=actor_of(user), market=market, **facts)
