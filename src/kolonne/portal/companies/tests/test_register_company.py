"""CO-01, ID-03: what the act itself checks, whatever page sends it."""

from datetime import date
from typing import Any

import pytest

from kolonne.portal.companies import legal
from kolonne.portal.companies.actions import registration
from kolonne.portal.companies.actions.registration import CompanyToBe, register_company
from kolonne.portal.companies.models import Company, Tenant
from kolonne.portal.companies.queries.registered import is_registered, waiting_companies
from kolonne.portal.companies.tests.registration_cast import SPREE, data, ingrid, registers, unhurried
from kolonne.portal.conftest import House
from kolonne.portal.identity.actions.registration import Person
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import ActingFor, Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
__all__ = ["ingrid", "unhurried"]


def test_the_same_data_twice_are_the_same_company(ingrid: User) -> None:
    assert registers(ingrid).pk == registers(ingrid).pk
    assert Tenant.objects.filter(pk__in=[company.pk for company in waiting_companies(ingrid)]).count() == 1


def test_the_same_number_in_another_market_is_another_company(ours: House, ingrid: User) -> None:
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(register_number="Hamburg HRB 1", vat_number="DE123456788")
    assert not is_registered("de", legal.LegalData("gmbh", "Hamburg HRB 1", ""))
    assert is_registered("no", legal.LegalData("gmbh", "Hamburg HRB 2", "de123456788"))


def test_few_companies_of_one_person_wait_at_a_time(ingrid: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "MOST_WAITING", 1)
    first = registers(ingrid)
    with pytest.raises(Conflict, match="wait for a dealer"):
        registers(ingrid, data=data(register_number="995525828"))
    with company_scope([first.pk]):
        Company.objects.filter(pk=first.pk).update(verification=Verification.VERIFIED)
    assert registers(ingrid, data=data(register_number="995525828")).pk != first.pk


def test_nothing_of_a_person_is_written_when_the_company_is_refused(sam: User, ours: House) -> None:
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(register_number="123456785")
    with pytest.raises(Conflict):
        registers(sam, person=Person("Sam", "Lie", date(1990, 1, 2)))
    sam.refresh_from_db()
    assert sam.birth_date is None


def test_whoever_a_dealer_could_not_compare_registers_nothing(sam: User) -> None:
    with pytest.raises(Invalid, match="date of birth"):
        registers(sam)


def test_what_is_known_of_a_person_is_not_overwritten(ingrid: User) -> None:
    registers(ingrid, person=Person("Another", "Name", date(1999, 1, 1), "+4791234567"))
    ingrid.refresh_from_db()
    assert (ingrid.first_name, ingrid.birth_date, ingrid.mobile) == ("Ingrid", date(1984, 5, 17), "+4791234567")


def test_somebody_who_belongs_somewhere_stays_in_the_care_of_his_market(alice: User) -> None:
    alice.birth_date = date(1980, 1, 1)
    alice.save()
    registers(alice, market="de", data=CompanyToBe(**SPREE))
    alice.refresh_from_db()
    assert alice.market_id == "no"


def test_neither_programs_nor_helpers_in_anothers_name_register_companies(ingrid: User) -> None:
    helper = Actor(label="Sigrid", user_id=ingrid.pk, acting_for=ActingFor(1, "Bob", 1))
    for actor in (Actor.system("job"), Actor(label="key")):
        with pytest.raises(NotAllowed):
            register_company(actor=actor, market="no", data=data(), person=None, is_declared=True)
    with pytest.raises(NotAllowed):
        register_company(actor=helper, market="no", data=data(), person=None, is_declared=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"is_declared": False},
        {"market": "xx"},
        {"data": data(name=" ")},
        {"data": data(street="")},
        {"data": data(legal_form="gmbh")},
        {"data": data(register_number="")},
    ],
)
def test_the_action_itself_takes_nothing_incomplete(ingrid: User, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        registers(ingrid, **changes)
    assert waiting_companies(ingrid) == []
