"""What the tests of a merge share: two companies that have something of everything, and whoever administers them."""

from dataclasses import dataclass
from typing import Any

import psycopg

from kolonne.portal.companies.actions import merging
from kolonne.portal.companies.models import Company, Merge, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House, build_house, person
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.tests.leaving_cast import drive, fill

Cursor = psycopg.Cursor[Any]


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
    from kolonne.portal.companies import actions
    from kolonne.portal.conftest import SYSTEM

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


def company_of(pk: int) -> Company:
    with company_scope([pk]):
        return Company.objects.select_related("company").get(pk=pk)
