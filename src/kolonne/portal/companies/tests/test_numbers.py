"""CO-01, VE-02: a number of the register belongs to one verified company, and nobody reserves one before."""

from collections.abc import Callable
from dataclasses import asdict

import pytest
from django.core.cache import cache
from django.test import Client

from kolonne.portal.companies import actions, legal
from kolonne.portal.companies.actions import CompanyData
from kolonne.portal.companies.actions.desk import decide_case
from kolonne.portal.companies.findings import Finding
from kolonne.portal.companies.models import Company, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.desk import get_case_for
from kolonne.portal.companies.tests import desk
from kolonne.portal.companies.tests.desk import a_dealer, case_of, decide, decision_of, fresh, opened
from kolonne.portal.companies.tests.registration_cast import data, ingrid, registers, unhurried
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
__all__ = ["ingrid", "unhurried"]
NUMBER = "974760673"


@pytest.fixture
def dagny(db: None) -> User:
    cache.clear()
    return person("dagny", a_dealer("Bergen Varebil AS"), Role.DEALER_EMPLOYEE)


def give_number(company: Company, **numbers: str) -> Company:
    with company_scope([company.pk]):
        Company.objects.filter(pk=company.pk).update(**(numbers or {"register_number": NUMBER}))
        company.refresh_from_db()
    return company


def change(user: User, company: Company, **changes: str) -> Company:
    seen = CompanyData.of(company)
    return actions.change_company(
        actor=actor_of(user), company=company, seen=seen, data=CompanyData(**(vars(seen) | changes))
    )


def test_an_unverified_company_keeps_nobody_from_its_own_number(ours: House, ingrid: User) -> None:
    """Anybody can type another firm's number: the real one still registers."""
    desk.unverify(give_number(ours.company))
    assert registers(ingrid, data=data(register_number=NUMBER)).register_number == NUMBER


def test_of_two_companies_with_one_number_a_dealer_verifies_one(ours: House, alice: User, dagny: User) -> None:
    second = desk.unverify(actions.create_company(actor=SYSTEM, name="Late AS", market="no"))
    late = person("late", second, Role.ADMINISTRATOR)
    give_number(desk.unverify(ours.company))
    give_number(second)
    decide(actor_of(dagny), opened(actor_of(dagny), case_of(alice, ours.company)))
    assert fresh(ours.company).verification == Verification.VERIFIED
    case = opened(actor_of(dagny), case_of(late, second))
    with pytest.raises(Conflict) as refusal:
        decide(actor_of(dagny), case)
    assert refusal.value.code == "number_taken"
    assert fresh(second).verification == Verification.UNVERIFIED
    # He may still say what else he found.
    decide(actor_of(dagny), case, company=Finding(verified=False, reason="registered twice"))
    assert fresh(second).verification == Verification.REFUSED


def test_a_vat_number_counts_like_one_of_the_register(ours: House, theirs: House, charlie: User, dagny: User) -> None:
    give_number(ours.company, vat_number="NO974760673MVA")
    give_number(desk.unverify(theirs.company), vat_number="no974760673mva")
    with pytest.raises(Conflict, match="number"):
        decide(actor_of(dagny), opened(actor_of(dagny), case_of(charlie, theirs.company)))


def test_a_check_from_afar_is_refused_before_a_second_person_looks(
    ours: House, theirs: House, charlie: User, dagny: User
) -> None:
    give_number(ours.company)
    give_number(desk.unverify(theirs.company))
    case = opened(actor_of(dagny), case_of(charlie, theirs.company, is_remote=True))
    with pytest.raises(Conflict, match="number"):
        decide(actor_of(dagny), case)


def test_the_second_check_from_afar_is_refused_too(ours: House, theirs: House, charlie: User, dagny: User) -> None:
    colleague = person("dag", fresh_dealer(dagny), Role.DEALER_EMPLOYEE)
    give_number(desk.unverify(theirs.company))
    case = opened(actor_of(dagny), case_of(charlie, theirs.company, is_remote=True))
    decide(actor_of(dagny), case)
    give_number(ours.company)  # verified meanwhile
    view = get_case_for(actor_of(colleague), case.pk)
    with pytest.raises(Conflict) as refusal:
        decide_case(actor=actor_of(colleague), case=view.case, seen=view.seen, decision=decision_of(view.case))
    assert refusal.value.code == "number_taken"


def fresh_dealer(user: User) -> Company:
    (dealer,) = actor_of(user).company_ids
    with company_scope([dealer]):
        return Company.objects.select_related("company").get(pk=dealer)


@pytest.mark.parametrize("field", ["register_number", "vat_number"])
def test_a_company_cannot_take_the_number_of_a_verified_one(
    ours: House, theirs: House, charlie: User, field: str
) -> None:
    wanted = {"legal_form": "as", "register_number": NUMBER, "vat_number": f"NO{NUMBER}MVA"}
    kept = asdict(legal.checked("no", **wanted))
    give_number(ours.company, **{field: kept[field]})
    with pytest.raises(Conflict) as refusal:
        change(charlie, theirs.company, **wanted)
    assert (refusal.value.code, refusal.value.facts["field"]) == ("number_taken", field)
    assert fresh(theirs.company).register_number == ""


def test_the_form_says_so_beside_the_number(
    at_the_desk: Callable[[User], Client], ours: House, theirs: House, charlie: User
) -> None:
    give_number(ours.company)
    fields = {"legal_form": "as", "register_number": NUMBER, "name": theirs.company.name, "time_zone": "Europe/Oslo"}
    initial = {"name": theirs.company.name, "time_zone": "Europe/Oslo", "second_factor_for_all": "False"}
    before = {f"initial-{name}": value for name, value in initial.items()}
    url = f"/organisations/{theirs.company.pk}/edit/"
    page = at_the_desk(charlie).post(url, {**fields, **before, "confirm": "1"}).content.decode()
    assert "Another verified company has this number" in page
    assert ours.company.name not in page


def test_a_company_keeps_its_own_number(ours: House, alice: User) -> None:
    give_number(ours.company)
    changed = change(alice, ours.company, legal_form="as", vat_number=f"NO{NUMBER}MVA")
    assert changed.register_number == NUMBER
    assert changed.verification == Verification.UNVERIFIED  # the legal form is new


def test_the_operator_vouches_for_no_number_that_is_taken(ours: House) -> None:
    give_number(ours.company)
    taken = CompanyData("Copy AS", legal_form="as", register_number=NUMBER)
    with pytest.raises(Conflict, match="number"):
        actions.create_company(actor=SYSTEM, name="Copy AS", market="no", data=taken)


def test_a_number_is_free_in_another_market(ours: House) -> None:
    give_number(ours.company, register_number="", vat_number="DE123456788")
    data = CompanyData("Spree GmbH", legal_form="gmbh", register_number="Hamburg HRB 1", vat_number="DE123456788")
    assert actions.create_company(actor=SYSTEM, name="Spree GmbH", market="de", data=data).vat_number == "DE123456788"
