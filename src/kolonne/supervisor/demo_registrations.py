"""The demonstration's companies that registered themselves and wait for a dealer. Imported only after Django was set
up, like `demo_world`. Everything is done in the people's own names, by the actions behind the pages."""

from dataclasses import replace

from kolonne.portal.commerce import actions as commerce_actions
from kolonne.portal.companies import actions as companies_actions
from kolonne.portal.companies.actions import registration
from kolonne.portal.companies.actions.desk import open_case
from kolonne.portal.companies.actions.verification import start_case
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.identity import actions as identity_actions
from kolonne.portal.identity.actions.registration import Person as PersonToBe
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles_actions
from kolonne.portal.vehicles.models import Vehicle
from kolonne.simulator.world import Registration, World
from kolonne.supervisor.demo_people import ACTOR, Keys, Persona, persona_of


def make_registration(world: World, entry: Registration, partner: Company, keys: Keys) -> list[Persona]:
    """Idempotent: what became of a company since it registered stays."""
    user = User.objects.filter(username=entry.person.user_id).first()
    if user is None:
        user = _new_person(entry, keys)
        _give_a_story(world, entry, user, partner)
    return persona_of(user, entry.name, entry.person)


def _new_person(entry: Registration, keys: Keys) -> User:
    person = entry.person
    data = identity_actions.PersonData(
        person.user_id, person.email, person.first_name, person.last_name, person.language
    )
    return identity_actions.create_user(actor=ACTOR, person=data, market=entry.market, password=keys.password)


def _give_a_story(world: World, entry: Registration, user: User, partner: Company) -> None:
    company = registration.register_company(
        actor=Actor(label=str(user), user_id=user.pk),
        market=entry.market,
        data=registration.CompanyToBe(
            entry.name, entry.legal_form, entry.register_number, entry.vat_number, entry.street, entry.postal_code,
            entry.city,
        ),
        person=PersonToBe(entry.person.first_name, entry.person.last_name, entry.birth_date),
        is_declared=True,
    )  # fmt: skip
    actor = actor_of(user)
    with company_scope([company.pk]):
        seen = companies_actions.CompanyData.of(company)
        wanted = replace(seen, partner_id=partner.pk)
        companies_actions.change_company(actor=actor, company=company, seen=seen, data=wanted)
        vans = _vans(world, entry, actor, company)
        if entry.order:
            order = commerce_actions.place_order(actor=actor, company=company, wanted=entry.order, vehicles=vans)
            if entry.has_accepted_terms:
                commerce_actions.accept_terms(actor=actor, order=order)
    if entry.case_opened_by:
        case = start_case(actor=actor, company=company)
        helper = User.objects.get(username=entry.case_opened_by)
        open_case(actor=actor_of(helper), dealer_id=partner.pk, code=case.code)


def _vans(world: World, entry: Registration, actor: Actor, company: Company) -> list[Vehicle]:
    vans = []
    for van in entry.vans:
        model = world.models[van.model]
        data = vehicles_actions.VehicleData(
            plate=van.plate, name=van.name, make=model.make, model=model.model, drive=model.drive
        )
        vans.append(vehicles_actions.add_vehicle(actor=actor, company=company, vin=van.vin, data=data))
    return vans
