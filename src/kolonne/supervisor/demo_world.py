"""Makes the demonstration's world with the portal's own actions. What is there already stays as it is.

Imported only after Django was set up. The fleet file is written inside the transaction: if either fails, the next
start makes both again, and no module exists whose secret nobody knows.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.db import connections, transaction

from kolonne.portal.commands import actions as commands_actions
from kolonne.portal.commands import sealing
from kolonne.portal.commerce import actions as commerce_actions
from kolonne.portal.commerce.models import Assignment
from kolonne.portal.companies import actions as companies_actions
from kolonne.portal.companies.models import Company, Membership, Role
from kolonne.portal.identity import actions as identity_actions
from kolonne.portal.identity.demo import sign_in_token
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles import actions as vehicles_actions
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle
from kolonne.simulator.errors import FleetError
from kolonne.simulator.fleet import Fleet, FleetVan, read_fleet, write_fleet
from kolonne.simulator.world import CompanyEntry, Person, VanEntry, World
from kolonne.supervisor import files

ACTOR = Actor.system("demonstration")


@dataclass(frozen=True)
class Persona:
    """Somebody to look around as."""

    name: str
    company: str
    roles: tuple[str, ...]
    path: str
    """Of the portal; opening it signs in."""


def make_world(world: World, fleet_path: Path, roads: str) -> list[Persona]:
    """Idempotent; returns whom one can be."""
    known = _known_secrets(fleet_path)
    pin = demonstration_pin(fleet_path.with_name("pin"))
    personas: list[Persona] = []
    try:
        with transaction.atomic(), company_scope(all_companies()):
            vans: list[FleetVan] = []
            for number, entry in enumerate(world.companies):
                company = _company(entry)
                with company_scope([company.pk]):
                    personas += [_person(company, person, pin) for person in entry.people]
                    vans += [
                        _van(world, company, entry, van, known, depot=2 * number + i % 2)
                        for i, van in enumerate(entry.vans)
                    ]
            write_fleet(fleet_path, Fleet(vans, roads))
    finally:
        # This thread ends here, and nobody else could close its connection.
        connections.close_all()
    return personas


def _known_secrets(path: Path) -> dict[str, str]:
    try:
        return {van.serial: van.secret for van in read_fleet(path).vans}
    except FleetError:
        return {}


def _company(entry: CompanyEntry) -> Company:
    found = Company.objects.filter(name=entry.name).first()
    return found or companies_actions.create_company(
        actor=ACTOR, name=entry.name, market=entry.market, time_zone=entry.time_zone
    )


def demonstration_pin(path: Path) -> str:
    """The unlock PIN of all personas: random for each data directory, and shown wherever it is asked for."""
    if not path.exists():
        pin = ""
        while not pin or sealing.is_weak(pin):
            pin = f"{secrets.randbelow(1_000_000):06}"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write(path, pin + "\n")
    return path.read_text(encoding="ascii").strip()


def _new_person(person: Person, market: str, pin: str) -> User:
    """With a password that nobody knows: personas sign in with one click."""
    password = secrets.token_urlsafe(24)
    data = identity_actions.PersonData(
        person.user_id, person.email, person.first_name, person.last_name, person.language
    )
    user = identity_actions.create_user(actor=ACTOR, person=data, market=market, password=password)
    actor = Actor(label=str(user), user_id=user.pk)
    commands_actions.set_pin(actor=actor, user=user, current_password=password, pin=pin)
    return user


def _person(company: Company, person: Person, pin: str) -> Persona:
    user = User.objects.filter(username=person.user_id).first() or _new_person(person, company.market_id, pin)
    roles = [Role(role) for role in person.roles]
    if not Membership.objects.filter(company=company, user=user).exists():
        companies_actions.add_member(actor=ACTOR, company=company, user=user, roles=roles)
    return Persona(
        name=person.name,
        company=company.name,
        roles=tuple(str(role.label) for role in roles),
        path=f"/dev/sign-in/{sign_in_token(user)}/",
    )


def _van(
    world: World, company: Company, owner: CompanyEntry, entry: VanEntry, known: dict[str, str], *, depot: int
) -> FleetVan:
    """Vans of one company stand at two depots in turn."""
    model = world.models[entry.model]
    vehicle = Vehicle.objects.filter(vin=entry.vin).first()
    if vehicle is None:
        data = vehicles_actions.VehicleData(
            plate=entry.plate,
            name=entry.name,
            make=model.make,
            model=model.model,
            drive=model.drive,
            driver=entry.driver,
        )
        vehicle = vehicles_actions.add_vehicle(actor=ACTOR, company=company, vin=entry.vin, data=data)
        # Only when the van is new: what a visitor ended must not come back with the next start.
        for product in owner.products[model.drive]:
            if not Assignment.objects.filter(vehicle=vehicle, product=product).exists():
                commerce_actions.assign_product(actor=ACTOR, vehicle=vehicle, product=product)
    serial, secret = _module(vehicle, entry.serial, known)
    life = msgspec.structs.replace(entry.life, driver=entry.driver.lower().replace(" ", "."))
    return FleetVan(serial, secret, model, life, owner.country, depot)


def _module(vehicle: Vehicle, serial: str, known: dict[str, str]) -> tuple[str, str]:
    """The module in service and its secret. One whose secret is lost is revoked; its successor gets a new serial."""
    module = Module.objects.filter(vehicle=vehicle, status=ModuleStatus.ACTIVE).first()
    if module is not None and module.serial in known:
        return module.serial, known[module.serial]
    if module is not None:
        vehicles_actions.revoke_module(actor=ACTOR, module=module)
    before = Module.objects.filter(vehicle=vehicle).count()
    new_serial = serial if before == 0 else f"{serial}R{before}"
    _, secret = vehicles_actions.enrol_module(actor=ACTOR, vehicle=vehicle, serial=new_serial)
    return new_serial, secret
