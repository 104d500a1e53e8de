"""The cast of the portal's tests: companies and markets that must never meet, and the people in them."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from kolonne.config import Config
from kolonne.portal.commerce import actions as commerce
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Company, Kind, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.identity import actions as identity
from kolonne.portal.identity import second_factor
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.models import Module, Vehicle

SYSTEM = Actor.system("test")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass
class House:
    """A company with one van that has a module and one product."""

    company: Company
    vehicle: Vehicle
    module: Module
    secret: str

    @property
    def scope(self) -> list[int]:
        return [self.company.pk]


def build_house(name: str, vin: str, serial: str) -> House:
    company = companies.create_company(actor=SYSTEM, name=name, market="no")
    data = vehicles.VehicleData(plate=f"EL {serial[-5:]}", name="E-van L3 · Van 1", make="Kolonne", model="E-van L3")
    with company_scope([company.pk]):
        vehicle = vehicles.add_vehicle(actor=SYSTEM, company=company, vin=vin, data=data)
        module, secret = vehicles.enrol_module(actor=SYSTEM, vehicle=vehicle, serial=serial)
        for product in ("vehicle-supervision", "remote-access"):
            commerce.assign_product(actor=SYSTEM, vehicle=vehicle, product=product)
    return House(company, vehicle, module, secret)


def person(username: str, house: House | Company | None = None, *roles: Role, market: str = "no") -> User:
    data = identity.PersonData(username, f"{username}@example.com", first_name=username.title(), last_name="Test")
    user = identity.create_user(actor=SYSTEM, person=data, market=market)
    if house:
        company = house.company if isinstance(house, House) else house
        companies.add_member(actor=SYSTEM, company=company, user=user, roles=roles)
    return user


@pytest.fixture
def ours(db: None) -> House:
    return build_house("Fjordbud AS", "WK0TEST0000000001", "TEST000000001")


@pytest.fixture
def theirs(db: None) -> House:
    return build_house("Nordlys Service GmbH", "WK0TEST0000000002", "TEST000000002")


@pytest.fixture
def alice(ours: House) -> User:
    """Administrator of our company."""
    return person("alice", ours, Role.ADMINISTRATOR)


@pytest.fixture
def bob(ours: House) -> User:
    """Fleet manager of our company."""
    return person("bob", ours, Role.FLEET_MANAGER)


@pytest.fixture
def dora(ours: House) -> User:
    """Driver in our company."""
    return person("dora", ours, Role.DRIVER)


@pytest.fixture
def charlie(theirs: House) -> User:
    """Administrator of another company."""
    return person("charlie", theirs, Role.ADMINISTRATOR)


@pytest.fixture
def sam(db: None) -> User:
    """A helper: a person without any company."""
    return person("sam")


@pytest.fixture
def operator(db: None) -> Company:
    """Who looks after the organisations and people of Norway."""
    return companies.create_company(actor=SYSTEM, name="Kolonne Norge", market="no", kind=Kind.OPERATOR)


@pytest.fixture
def german_operator(db: None) -> Company:
    return companies.create_company(actor=SYSTEM, name="Kolonne Deutschland", market="de", kind=Kind.OPERATOR)


@pytest.fixture
def nora(operator: Company) -> User:
    """Market administrator of Norway."""
    return person("nora", operator, Role.MARKET_ADMINISTRATOR)


@pytest.fixture
def sigrid(operator: Company) -> User:
    """Support agent for Norway."""
    return person("sigrid", operator, Role.SUPPORT_AGENT)


@pytest.fixture
def greta(german_operator: Company) -> User:
    """Market administrator of Germany."""
    return person("greta", german_operator, Role.MARKET_ADMINISTRATOR, market="de")


@pytest.fixture
def workshop(db: None) -> Company:
    """A workshop in Norway."""
    return companies.create_company(actor=SYSTEM, name="Verksted Vest AS", market="no", kind=Kind.WORKSHOP)


@pytest.fixture
def wanda(workshop: Company) -> User:
    """Administrator of the workshop."""
    return person("wanda", workshop, Role.ADMINISTRATOR)


@pytest.fixture
def erik(workshop: Company) -> User:
    """Workshop user."""
    return person("erik", workshop, Role.WORKSHOP_USER)


@pytest.fixture
def german_fleet(db: None) -> Company:
    return companies.create_company(actor=SYSTEM, name="Spree Boten GmbH", market="de")


@pytest.fixture
def gustav(german_fleet: Company) -> User:
    """Administrator of a fleet company in Germany."""
    return person("gustav", german_fleet, Role.ADMINISTRATOR, market="de")


@pytest.fixture
def dealer(ours: House) -> Company:
    """The after-sales partner of our company."""
    company = companies.create_company(actor=SYSTEM, name="Bilforhandler Oslo AS", market="no", kind=Kind.DEALER)
    with company_scope([ours.company.pk]):
        Company.objects.filter(pk=ours.company.pk).update(partner_id=company.pk)
        ours.company.refresh_from_db()
    return company


@pytest.fixture
def kari(dealer: Company) -> User:
    """Employee of our company's dealer."""
    return person("kari", dealer, Role.DEALER_EMPLOYEE)


@pytest.fixture
def frode(db: None) -> User:
    """Employee of a dealer who has nothing to do with our company."""
    other = companies.create_company(actor=SYSTEM, name="Fremmed Forhandler AS", market="no", kind=Kind.DEALER)
    return person("frode", other, Role.DEALER_EMPLOYEE)


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which this person has signed in, with a second factor if he needs one."""

    def sign_in(user: User) -> Client:
        if second_factor.is_required_of(user) and not second_factor.is_set_up(user):
            TOTP.activate(user, generate_totp_secret())
        client = Client(raise_request_exception=False)
        user.refresh_from_db()  # "sign out everywhere" would make the session of an old copy worthless
        client.force_login(user, backend=BACKEND)
        return client

    return sign_in


@pytest.fixture
def at_the_desk(signed_in: Callable[[User], Client]) -> Callable[[User], Client]:
    """A helper's browser in which he just proved who he is."""

    def sign_in(user: User) -> Client:
        client = signed_in(user)
        session = client.session
        session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        return client

    return sign_in


@pytest.fixture
def our_scope(ours: House) -> Iterator[House]:
    """Our company's rows are open."""
    with company_scope(ours.scope):
        yield ours


@pytest.fixture
def bobs_actor(bob: User) -> Actor:
    return actor_of(bob, "192.0.2.7")


@pytest.fixture
def admin(platform: Config) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    """The database without row-level security."""
    where = platform.endpoints()
    with psycopg.connect(
        host=where.postgres_host,
        port=where.postgres_port,
        dbname=where.database,
        user="postgres",
        password=platform.secret("postgres-admin"),
        autocommit=True,
    ) as connection:
        yield connection


def forget_committed(admin: "psycopg.Connection[tuple[Any, ...]]", company: Company, users: Iterable[User]) -> None:
    """Removes what a test had to commit, because other connections must see it; the next tests count people."""
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")  # no foreign keys: every table is swept
        tables = admin.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "AND a.attname = 'company_id' AND NOT attisdropped WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
        ).fetchall()
        for (table,) in tables:
            admin.execute(f"DELETE FROM {table} WHERE company_id = %s", [company.pk])
        admin.execute("DELETE FROM companies_tenant WHERE id = %s", [company.pk])
        for user in users:
            for table in ("audit_entry", "account_emailaddress", "mfa_authenticator", "commands_unlockpin"):
                admin.execute(f"DELETE FROM {table} WHERE user_id = %s", [user.pk])
            admin.execute("DELETE FROM identity_user WHERE id = %s", [user.pk])
