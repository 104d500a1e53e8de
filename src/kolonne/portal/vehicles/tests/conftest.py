from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from kolonne.config import Config
from kolonne.portal.conftest import build_house, forget_committed
from kolonne.portal.vehicles.tests.yard import Yard, new_serial


@pytest.fixture
def yard(
    platform: Config,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    admin: "psycopg.Connection[tuple[Any, ...]]",
) -> Iterator[Yard]:
    """Committed, so that other connections see them."""
    with django_db_blocker.unblock():
        cache.clear()
        houses = [
            build_house(f"{name} claims", f"WK0CLA1MS0000000{number}", new_serial())
            for number, name in enumerate(("Ours", "Theirs"))
        ]
        try:
            yield Yard(platform, admin, *houses)
        finally:
            for house in houses:
                forget_committed(admin, house.company, [])
            connection.close()
