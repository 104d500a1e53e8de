"""The demonstration's people are made by the portal's own rules, each once, and only who gets in is a persona."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.test.utils import override_settings

from kolonne.portal.commerce.models import Order, OrderState
from kolonne.portal.companies.models import AccessRequest, ApplicationGrant, Company, Kind, Tenant, VerificationCase
from kolonne.portal.identity.models import (
    Application,
    HelpRequest,
    Market,
    PrivateProfile,
    State,
    User,
    Verification,
)
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles.models import Vehicle
from kolonne.simulator.world import World, load_world
from kolonne.supervisor import demo_people, demo_world
from kolonne.supervisor.demo_people import Keys, Persona
from kolonne.supervisor.demo_registrations import make_registration

pytestmark = pytest.mark.django_db
KEYS = Keys("taro-mile-nuko-vase", "482913")


@pytest.fixture(autouse=True)
def quick_passwords() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


def make(world: World) -> list[Persona]:
    """What `make_world` does about people."""
    personas: list[Persona] = []
    with company_scope(all_companies()):
        demo_people.make_markets_and_applications(world)
        companies = demo_world._companies(world)
        for entry, company in companies:
            with company_scope([company.pk]):
                for person in entry.people:
                    personas += demo_people.make_person(company, person, KEYS)
        partners = {company.name: company for _, company in companies}
        for registration in world.registering:
            personas += make_registration(world, registration, partners[registration.partner], KEYS)
    for somebody in world.private:
        personas += demo_people.make_private_person(somebody, KEYS)
    return personas


def test_everybody_is_there_with_a_story_and_a_second_start_changes_nothing() -> None:
    world = load_world()
    personas = make(world)
    names = [persona.name for persona in personas]
    assert {"Nora Lunde", "Greta Brandt", "Sigrid Aune", "Marit Fossum", "Maja Private"} <= set(names)
    assert not {"Berit Sand", "Rune Dahl", "Thea Holm"} & set(names), "who does not get in is nobody to look around as"
    states = dict(
        User.objects.filter(username__in=["berit.sand", "rune.dahl", "thea.holm"]).values_list("username", "state")
    )
    assert states == {"berit.sand": State.LOCKED, "rune.dahl": State.BLOCKED, "thea.holm": State.INVITED}
    assert [request.user_id_given for request in HelpRequest.objects.all()] == ["amir.haddad"]
    assert PrivateProfile.objects.get(user__username="maja.private").name == "Maja Private"
    assert Market.objects.get(pk="no").support_email.endswith(".example")
    count = User.objects.count()
    assert [persona.name for persona in make(world)] == names
    assert User.objects.count() == count


def test_partners_grants_and_requests_are_set_but_for_the_workshop() -> None:
    make(load_world())
    with company_scope(all_companies()):
        partners = {company.name: company.partner_id for company in Company.objects.all()}
        dealers = set(Tenant.objects.filter(kind=Kind.DEALER).values_list("pk", flat=True))
        assert partners["Fjordbud AS"] in dealers
        assert partners["Verksted Nordskjær AS"] is None
        assert Company.objects.get(name="Fjordbud AS").customer_number
        assert ApplicationGrant.objects.count() == 2
        assert AccessRequest.objects.get().membership.user.username == "henrik.moen"
    assert Application.objects.get(code="parts-catalogue").rights == ["use", "order"]


def test_companies_in_registration_have_vans_an_order_and_a_dealer() -> None:
    """VE-01, VE-02"""
    make(load_world())
    names = ["Elbfunk Elektrotechnik", "Havbris Blomster"]
    with company_scope(all_companies()):
        waiting = Company.objects.filter(name__in=names, verification=Verification.UNVERIFIED).order_by("name")
        assert [company.name for company in waiting] == names
        assert all(company.partner_id and company.declared_by for company in waiting)
        assert {van.verification for van in Vehicle.objects.filter(company__in=waiting)} == {Verification.UNVERIFIED}
        orders = Order.objects.filter(company__in=waiting).order_by("company__name")
        assert [(order.state, bool(order.terms_accepted_at)) for order in orders] == [
            (OrderState.WAITING, False), (OrderState.WAITING, True),
        ]  # fmt: skip
        case = VerificationCase.objects.get(company__in=waiting)
        assert (case.opened_by, case.person.birth_date) == ("Eirik Nygård", date(1986, 4, 17))


def test_the_password_and_the_pin_are_random_and_stay(tmp_path: Path) -> None:
    keys = demo_people.demonstration_keys(tmp_path / "demo")
    assert len(keys.password) == 19
    assert len(keys.pin) == 6
    assert demo_people.demonstration_keys(tmp_path / "demo") == keys
    assert demo_people.demonstration_keys(tmp_path / "other") != keys
    assert (tmp_path / "demo" / "password").stat().st_mode & 0o777 == 0o600


def test_everybody_signs_in_with_the_password_of_the_demonstration() -> None:
    make(load_world())
    assert User.objects.get(username="nora.lunde").check_password(KEYS.password)
