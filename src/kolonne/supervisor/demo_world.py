"""Makes the demonstration's world with the portal's own actions. What is there already stays as it is.

Imported only after Django was set up. The fleet file is written inside the transaction: if either fails, the next
start makes both again, and no module exists whose secret nobody knows.
"""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from django.db import connections, transaction
from django.utils import timezone

from kolonne.portal.commerce import actions as commerce_actions
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles import actions as vehicles_actions
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle
from kolonne.simulator.errors import FleetError
from kolonne.simulator.fleet import Fleet, FleetVan, read_fleet, write_fleet
from kolonne.simulator.world import CompanyEntry, VanEntry, World
from kolonne.supervisor import demo_people
from kolonne.supervisor.demo_contracts import Buyer, make_contracts, make_invoices
from kolonne.supervisor.demo_people import ACTOR, Persona
from kolonne.supervisor.demo_registrations import make_registration


def make_world(world: World, fleet_path: Path, roads: str) -> list[Persona]:
    """Idempotent; returns whom one can be."""
    known = _known_secrets(fleet_path)
    keys = demo_people.demonstration_keys(fleet_path.parent)
    personas, begun = list[Persona](), timezone.now()
    try:
        with transaction.atomic(), company_scope(all_companies()):
            demo_people.make_markets_and_applications(world)
            companies = _companies(world)
            vans, buyers = list[FleetVan](), list[Buyer]()
            for number, (entry, company) in enumerate(companies):
                with company_scope([company.pk]):
                    for person in entry.people:
                        personas += demo_people.make_person(company, person, keys)
                    before = set(Vehicle.objects.filter(company=company).values_list("pk", flat=True))
                    vans += [
                        _van(world, company, entry, van, known, depot=2 * number + i % 2)
                        for i, van in enumerate(entry.vans)
                        if not _has_left(van)
                    ]
                    new = list(Vehicle.objects.filter(company=company).exclude(pk__in=before))
                    buyers.append(Buyer(company, entry, new))
            make_contracts(buyers)
            make_invoices()
            for buyer in buyers:
                with company_scope([buyer.company.pk]):
                    _admit_last_day(buyer.company, begun)
            partners = {company.name: company for _, company in companies}
            for registration in world.registering:
                personas += make_registration(world, registration, partners[registration.partner], keys)
            for somebody in world.private:
                personas += demo_people.make_private_person(somebody, keys)
            write_fleet(fleet_path, Fleet(vans, roads))
    finally:
        # This thread ends here, and nobody else could close its connection.
        connections.close_all()
    return personas


def _companies(world: World) -> list[tuple[CompanyEntry, Company]]:
    """In the order of the world; made with the dealers first, because these are the partners of others."""
    made: dict[str, Company] = {}
    for entry in sorted(world.companies, key=lambda entry: entry.kind != "dealer"):
        made[entry.name] = demo_people.make_company(entry, made.get(entry.partner))
    return [(entry, made[entry.name]) for entry in world.companies]


def _admit_last_day(company: Company, begun: datetime) -> None:
    """Vans tell their last half hour when they start; of those that are new here it would be refused."""
    new = Module.objects.filter(company=company, enrolled_at__gte=begun).exclude(vehicle__profile=None)
    for module in new.select_related("vehicle"):
        commerce_actions.admit_past(actor=ACTOR, vehicle=module.vehicle, since=begun - timedelta(days=1))


def _known_secrets(path: Path) -> dict[str, str]:
    try:
        return {van.serial: van.secret for van in read_fleet(path).vans}
    except FleetError:
        return {}


def _has_left(entry: VanEntry) -> bool:
    """Whether somebody removed it, or gave it away, at an earlier start: it stays as people left it."""
    return Vehicle.ever.filter(vin=entry.vin).exists() and not Vehicle.objects.filter(vin=entry.vin).exists()


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
