"""The demonstration's organisations and people. Imported only after Django was set up, like `demo_world` itself."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from kolonne.portal.commands import actions as commands_actions
from kolonne.portal.commands import sealing
from kolonne.portal.companies import actions as companies_actions
from kolonne.portal.companies.actions.newcomers import invite_person
from kolonne.portal.companies.actions.people import block
from kolonne.portal.companies.models import Company, Kind, Membership, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.identity import actions as identity_actions
from kolonne.portal.identity.actions import applications as identity_applications
from kolonne.portal.identity.actions import help as identity_help
from kolonne.portal.identity.actions import markets as identity_markets
from kolonne.portal.identity.actions import private as identity_private
from kolonne.portal.identity.demo import sign_in_token
from kolonne.portal.identity.models import Application, LifeCycleStep, Market, State, User
from kolonne.portal.lib.actor import Actor
from kolonne.simulator.world import CompanyEntry, Person, PrivatePerson, World
from kolonne.supervisor import files

ACTOR = Actor.system("demonstration")
SYLLABLES = [consonant + vowel for consonant in "bdfghjklmnprstv" for vowel in "aeiou"]
AWAY = timedelta(days=100)
"""How long somebody did not come who is locked for it."""


@dataclass(frozen=True)
class Persona:
    """Somebody to look around as."""

    name: str
    company: str
    roles: tuple[str, ...]
    path: str
    """Of the portal; opening it signs in."""


@dataclass(frozen=True)
class Keys:
    """What all personas share: random for each data directory, and shown wherever it is asked for."""

    password: str
    pin: str


def demonstration_keys(folder: Path) -> Keys:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Keys(_kept(folder / "password", _new_password), _kept(folder / "pin", _new_pin))


def _kept(path: Path, new: Callable[[], str]) -> str:
    if not path.exists():
        files.write(path, new() + "\n")
    return path.read_text(encoding="ascii").strip()


def _new_password() -> str:
    """Sixteen letters that can be read aloud: 49 bits."""
    return "-".join("".join(secrets.choice(SYLLABLES) for _ in range(2)) for _ in range(4))


def _new_pin() -> str:
    pin = ""
    while not pin or sealing.is_weak(pin):
        pin = f"{secrets.randbelow(1_000_000):06}"
    return pin


def make_markets_and_applications(world: World) -> None:
    for code, market in world.markets.items():
        row = Market.objects.get(pk=code)
        if not row.support_email:
            identity_markets.change_market(
                actor=ACTOR, market=row, support_email=market.support_email, support_phone=market.support_phone
            )
    for entry in world.applications:
        if not Application.objects.filter(code=entry.code).exists():
            data = identity_applications.ApplicationData(
                entry.name, (entry.url + "signed-in",), tuple(entry.rights), tuple(entry.kinds), entry.url
            )
            identity_applications.create_application(actor=ACTOR, code=entry.code, data=data)


def make_company(entry: CompanyEntry, partner: Company | None) -> Company:
    """The organisation of this name, looked after by a dealer."""
    found = Company.objects.filter(name=entry.name).first()
    if found is not None:
        return found
    data = companies_actions.CompanyData(
        name=entry.name,
        street=entry.street,
        postal_code=entry.postal_code,
        city=entry.city,
        customer_number=entry.customer_number,
        partner_id=partner.pk if partner else None,
    )
    return companies_actions.create_company(
        actor=ACTOR,
        name=entry.name,
        market=entry.market,
        kind=Kind(entry.kind),
        time_zone=entry.time_zone,
        data=data,
    )


def make_person(company: Company, person: Person, keys: Keys) -> list[Persona]:
    """Somebody in an organisation, and how to be him; nobody can be who does not get in."""
    user = User.objects.filter(username=person.user_id).first() or _new_person(company, person, keys)
    return persona_of(user, company.name, person)


def persona_of(user: User, company: str, person: Person) -> list[Persona]:
    """None for who does not get in."""
    roles = tuple(str(Role(role).label) for role in person.roles)
    return [Persona(person.name, company, roles, sign_in_path(user))] if user.is_active else []


def sign_in_path(user: User) -> str:
    return f"/dev/sign-in/{sign_in_token(user)}/"


def _new_person(company: Company, person: Person, keys: Keys) -> User:
    data = identity_actions.PersonData(
        person.user_id, person.email, person.first_name, person.last_name, person.language
    )
    roles, state = [Role(role) for role in person.roles], State(person.state)
    if state == State.INVITED:
        return invite_person(actor=ACTOR, company=company, person=data, roles=roles).user
    user = identity_actions.create_user(actor=ACTOR, person=data, market=company.market_id, password=keys.password)
    membership = companies_actions.add_member(actor=ACTOR, company=company, user=user, roles=roles)
    if company.kind == Kind.FLEET and state == State.ACTIVE:
        own = Actor(label=str(user), user_id=user.pk)
        commands_actions.set_pin(actor=own, user=user, current_password=keys.password, pin=keys.pin)
    _give_a_story(company, person, membership)
    user.refresh_from_db()
    return user


def _give_a_story(company: Company, person: Person, membership: Membership) -> None:
    """What happened to somebody before the demonstration began."""
    user = membership.user
    for code, rights in person.grants.items():
        companies_actions.grant_access(
            actor=ACTOR, membership=membership, application=Application.objects.get(code=code), rights=rights
        )
    if person.asks_for:
        application = Application.objects.get(code=person.asks_for)
        companies_actions.ask_for_access(actor=actor_of(user), membership=membership, application=application)
    if person.needs_help:
        request = identity_help.HelpData(
            person.user_id, person.first_name, person.last_name, person.email, company.name, company.address
        )
        identity_help.ask_for_help(actor=ACTOR, data=request, language=person.language)
    state = State(person.state)
    if state == State.BLOCKED:
        block(actor=ACTOR, user=user)
    if state == State.LOCKED:
        _lock_for_absence(user)


def _lock_for_absence(user: User) -> None:
    """A past that no action can make: nobody came for so long."""
    User.objects.filter(pk=user.pk).update(
        last_sign_in_at=timezone.now() - AWAY,
        life_cycle_step=LifeCycleStep.LOCKED,
        life_cycle_at=timezone.now(),
    )
    identity_actions.move(actor=ACTOR, user=user, to=State.LOCKED, verb="identity.user.locked")


def make_private_person(person: PrivatePerson, keys: Keys) -> list[Persona]:
    """Somebody without any organisation."""
    user = User.objects.filter(username=person.user_id).first()
    if user is None:
        data = identity_actions.PersonData(person.user_id, person.email, language=person.language)
        user = identity_actions.create_user(actor=ACTOR, person=data, market=person.market, password=keys.password)
        private = identity_private.PrivateData(
            name=person.name, street=person.street, postal_code=person.postal_code, city=person.city
        )
        identity_private.keep_private(actor=ACTOR, user=user, data=private)
    return [Persona(person.name, "", (), sign_in_path(user))] if user.is_active else []
