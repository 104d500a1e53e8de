"""What the tests of a merge share: two companies that have something of everything, and whoever administers them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection

from kolonne.portal.companies import actions
from kolonne.portal.companies.actions import merging, merging_job
from kolonne.portal.companies.models import Company, Merge, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, build_house, forget_committed, person
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.tests.leaving_cast import drive, fill, rows_of

Cursor = psycopg.Cursor[Any]
Admin = psycopg.Connection[tuple[Any, ...]]
LEFT = {"audit_entry"}
"""Tables that keep rows of a company that became part of another: its chain."""


@dataclass
class Two:
    """Company B, which goes, and company A, which stays; Kim administers both, Gro and Ada one each."""

    gone: House
    stays: House
    kim: User
    gro: User
    ada: User
    both: User
    """Drives for both."""

    @property
    def ids(self) -> list[int]:
        return [self.gone.company.pk, self.stays.company.pk]

    @property
    def people(self) -> list[User]:
        return [self.kim, self.gro, self.ada, self.both]


def two_companies(number: int = 61) -> Two:
    gone = build_house("Bortbud AS", f"WK0TEST00000000{number}", f"TEST0000000{number}")
    stays = build_house("Blirbud AS", f"WK0TEST00000000{number + 1}", f"TEST0000000{number + 1}")
    gro = person(f"gro{number}", gone, Role.ADMINISTRATOR)
    ada = person(f"ada{number}", stays, Role.ADMINISTRATOR)
    both = member_of_both(f"both{number}", gone, Role.FLEET_MANAGER, stays, Role.DRIVER)
    kim = member_of_both(f"kim{number}", gone, Role.ADMINISTRATOR, stays, Role.ADMINISTRATOR)
    fill(gone, gro)
    fill(stays, ada)
    return Two(gone, stays, kim, gro, ada, both)


def member_of_both(name: str, one: House, role: Role, other: House, other_role: Role) -> User:
    user = person(name, one, role)
    actions.add_member(actor=SYSTEM, company=other.company, user=user, roles=[other_role])
    return user


def agree(two: Two) -> Merge:
    """Kim confirms for both."""
    actor = actor_of(two.kim)
    merge = merging.propose_merge(actor=actor, gone=two.gone.company, stays=two.stays.company)
    return merging.agree_to_merge(actor=actor, merge=merge, typed_name=two.gone.company.name)


def have_driven(cursor: Cursor, two: Two, *, days: int = 3, samples: int = 50) -> None:
    """Readings of both."""
    for house in (two.gone, two.stays):
        drive(cursor, house, days, samples)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any, admin: Admin) -> Iterator[Two]:
    """Committed, so that the keys between tables are really checked."""
    with django_db_blocker.unblock():
        cache.clear()
        made = two_companies()
        have_driven(admin.cursor(), made)
        yield made
        forget_merge(admin, made)
        connection.close()


def forget_merge(admin: Admin, two: Two) -> None:
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute("DELETE FROM companies_merge WHERE stays_id = ANY (%s)", [two.ids])
        admin.execute("DELETE FROM procrastinate_jobs")
    for house in (two.gone, two.stays):
        forget_committed(admin, house.company, [])
    forget_committed(admin, two.stays.company, two.people)


def left(admin: Admin, company: Company) -> dict[str, int]:
    with admin.cursor() as cursor:
        return rows_of(cursor, company)


def run() -> None:
    assert merging_job.advance(actor=merging_job.ACTOR) == 1


def merge_of(two: Two) -> Merge:
    with company_scope(two.ids):
        return Merge.objects.get(gone=two.gone.company.pk, stopped_at=None)
