"""The operator's command line: the same actions as the pages, for scripts, tests and the first five minutes.

Every command prints one sentence, or with `--json` one object. A refusal goes to standard error with its remedy and
ends with status 2.
"""

import functools
import json
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from kolonne import config
from kolonne.portal.site.programs import setup_django

if TYPE_CHECKING:
    from kolonne.portal.companies.models import Company
    from kolonne.portal.vehicles.models import Module, Vehicle

Result = dict[str, Any]


def operator_command(sentence: str) -> Callable[[Callable[..., Result]], Callable[..., None]]:
    """Runs a command with Django set up and every company in scope, and prints its result."""

    def decorate(command: Callable[..., Result]) -> Callable[..., None]:
        @click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
        @functools.wraps(command)
        def run(*, as_json: bool, **arguments: Any) -> None:
            setup_django()
            with _refusals_as_text(), _every_company():
                result = command(**arguments)
            click.echo(json.dumps(result) if as_json else sentence.format(**result))

        return run

    return decorate


@contextmanager
def _refusals_as_text() -> Iterator[None]:
    from kolonne.portal.lib.errors import Invalid, KolonneError  # noqa: PLC0415  # needs Django

    try:
        yield
    except Invalid as error:
        remedies = "".join(f"\n  {field}: {remedy}" for field, remedy in error.errors.items())
        click.echo(f"Refused: {error.text}{remedies}", err=True)
        sys.exit(2)
    except KolonneError as error:
        click.echo(f"Refused: {error.text}", err=True)
        sys.exit(2)


@contextmanager
def _every_company() -> Iterator[None]:
    from kolonne.portal.lib.scope import all_companies, company_scope  # noqa: PLC0415  # needs Django

    with company_scope(all_companies()):
        yield


def _actor() -> Any:
    from kolonne.portal.lib.actor import Actor  # noqa: PLC0415  # needs Django

    return Actor.system("operator's command line")


def _company(name: str) -> "Company":
    from kolonne.portal.companies.models import Company  # noqa: PLC0415  # needs Django
    from kolonne.portal.lib.errors import Conflict, NotFound  # noqa: PLC0415

    found = list(Company.objects.filter(name=name)[:2])
    if not found:
        known = ", ".join(Company.objects.order_by("name").values_list("name", flat=True)[:10]) or "none yet"
        raise NotFound(f"company {name} (there are: {known})")
    if len(found) > 1:
        raise Conflict("ambiguous", f"several companies are called {name}")
    return found[0]


def _vehicle(vin: str) -> "Vehicle":
    from kolonne.portal.lib.errors import NotFound  # noqa: PLC0415  # needs Django
    from kolonne.portal.vehicles.models import Vehicle  # noqa: PLC0415

    vehicle = Vehicle.objects.filter(vin=vin.upper()).first()
    if vehicle is None:
        raise NotFound(f"van {vin}")
    return vehicle


@click.group()
def company() -> None:
    """Companies."""


@company.command("create")
@click.argument("name")
@click.option("--market", required=True, help="Code of the company's market, e.g. no.")
@click.option("--kind", default="fleet", help="fleet, dealer, workshop or operator.")
@operator_command("Company {name} was created in market {market}.")
def create_company(name: str, market: str, kind: str) -> Result:
    """Create a company."""
    from kolonne.portal.companies import actions  # noqa: PLC0415  # needs Django
    from kolonne.portal.companies.models import Company, Kind  # noqa: PLC0415
    from kolonne.portal.lib.errors import Conflict, Invalid  # noqa: PLC0415

    if kind not in Kind.values:
        raise Invalid("unknown_kind", f"{kind} is no kind of company", {"kind": "one of " + ", ".join(Kind.values)})
    if Company.objects.filter(name=name).exists():
        raise Conflict(
            "company_exists", f"a company called {name} exists: commands find companies by name, add a place"
        )
    made = actions.create_company(actor=_actor(), name=name, market=market, kind=Kind(kind))
    return {"id": made.pk, "name": made.name, "market": made.market_id, "kind": made.kind}


@click.group()
def vehicle() -> None:
    """Vans."""


@vehicle.command("add")
@click.argument("vin")
@click.option("--company", "company_name", required=True, help="Name of the company.")
@click.option("--plate", default="", help="Number plate.")
@click.option("--name", default="", help="What people call the van.")
@click.option("--drive", default="electric", help="electric, diesel, petrol or hybrid.")
@operator_command("Van {vin} was added to {company}.")
def add_vehicle(vin: str, company_name: str, plate: str, name: str, drive: str) -> Result:
    """Add a van to a company."""
    from kolonne.portal.vehicles import actions  # noqa: PLC0415  # needs Django

    owner = _company(company_name)
    data = actions.VehicleData(plate=plate, name=name, drive=drive)
    made = actions.add_vehicle(actor=_actor(), company=owner, vin=vin, data=data)
    return {"id": made.pk, "vin": made.vin, "company": owner.name}


@click.command("enrol")
@click.argument("serial")
@click.option("--vin", required=True, help="The van in which the module sits.")
@click.option("--beside", is_flag=True, help="The van has a module already: this one provides what that one does not.")
@operator_command(
    "Module {serial} speaks for {vin}. Its secret, shown this once:\n{secret}\n"
    "Broker: {broker}\nKey of the command signer: {command_key}"
)
def enrol(serial: str, vin: str, beside: bool) -> Result:  # noqa: FBT001  # click passes it by name
    """Enrol a communication module; prints its secret once."""
    from kolonne.portal.vehicles import actions  # noqa: PLC0415  # needs Django

    found = _vehicle(vin)
    made, secret = actions.enrol_module(actor=_actor(), vehicle=found, serial=serial, rank=None if beside else 0)
    configuration = config.load()
    return {
        "serial": made.serial,
        "vin": found.vin,
        "secret": secret,
        "broker": configuration.endpoints().mqtt,
        "command_key": configuration.secret("signer-public"),
    }


@click.command("claim")
@click.argument("vin")
@operator_command(
    "One device can become a module of {vin}, until {expires_at}. On the device:\n"
    "kolonne module --serial SERIAL --platform {platform} --claim {code}"
)
def claim_module(vin: str) -> Result:
    """Make a code by which one device becomes a module of a van; prints it once."""
    from kolonne.portal.vehicles import actions  # noqa: PLC0415  # needs Django

    found = _vehicle(vin)
    made, code = actions.make_module_claim(actor=_actor(), vehicle=found)
    configuration = config.load()
    return {
        "vin": found.vin,
        "code": code,
        "expires_at": made.expires_at.isoformat(timespec="minutes"),
        "platform": configuration.public_url or configuration.endpoints().portal,
    }


@click.command("revoke")
@click.argument("serial")
@operator_command("Module {serial} is revoked and cut off.")
def revoke(serial: str) -> Result:
    """Revoke a communication module: it is cut off at once and never let in again."""
    from kolonne.portal.vehicles import actions  # noqa: PLC0415  # needs Django

    actions.revoke_module(actor=_actor(), module=_module(serial))
    return {"serial": serial}


@click.command("provider")
@click.argument("serial")
@click.argument("code", default="")
@operator_command("Module {serial} has a SIM card of: {provider}")
def provider(serial: str, code: str) -> Result:
    """Say whose SIM card a module has, in the words of KOLONNE_PROVIDERS; without CODE it has no policy abroad."""
    from kolonne.portal.commerce import actions  # noqa: PLC0415  # needs Django

    actions.set_provider(actor=_actor(), module=_module(serial), provider=code)
    return {"serial": serial, "provider": code}


def _module(serial: str) -> "Module":
    """The latest of this serial. Raises NotFound."""
    from kolonne.portal.lib.errors import NotFound  # noqa: PLC0415  # needs Django
    from kolonne.portal.vehicles.models import Module  # noqa: PLC0415

    found = Module.objects.filter(serial=serial).order_by("-pk").first()
    if found is None:
        raise NotFound(f"module {serial}")
    return found


@vehicle.command("since")
@click.argument("vin")
@click.argument("moment", metavar="DATE", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]))
@operator_command("Readings of {vin} count since {since}, for all that its products collect today.")
def admit_past(vin: str, moment: datetime) -> Result:
    """Let recordings from before a van was added count, since DATE (UTC): they are refused otherwise."""
    from kolonne.portal.commerce import actions  # noqa: PLC0415  # needs Django

    found, since = _vehicle(vin), moment.replace(tzinfo=UTC)
    actions.admit_past(actor=_actor(), vehicle=found, since=since)
    return {"vin": found.vin, "since": since.isoformat(timespec="minutes")}


@vehicle.command("remove")
@click.argument("vin")
@operator_command("{vin} was removed; its modules are told to forget what they have.")
def remove_vehicle(vin: str) -> Result:
    """Remove a van from its company: services end, and its VIN is free for others."""
    from kolonne.portal.vehicles import actions  # noqa: PLC0415  # needs Django

    found = _vehicle(vin)
    actions.remove_vehicle(actor=_actor(), vehicle=found)
    return {"vin": found.vin}


@click.group()
def service() -> None:
    """Products on vans: what is assigned is collected, and nothing else."""


@service.command("assign")
@click.argument("vin")
@click.argument("product")
@operator_command("{vin} has {product} now.")
def assign(vin: str, product: str) -> Result:
    """Put a product on a van."""
    from kolonne.portal.commerce import actions  # noqa: PLC0415  # needs Django

    found = _vehicle(vin)
    actions.assign_product(actor=_actor(), vehicle=found, product=product)
    return {"vin": found.vin, "product": product}


@service.command("end")
@click.argument("vin")
@click.argument("product")
@operator_command("{vin} does not have {product} any more.")
def end(vin: str, product: str) -> Result:
    """End a product on a van."""
    from kolonne.portal.commerce import actions  # noqa: PLC0415  # needs Django

    found = _vehicle(vin)
    actions.end_product(actor=_actor(), vehicle=found, product=product)
    return {"vin": found.vin, "product": product}


@click.group()
def apikey() -> None:
    """Keys of companies' programs for the REST API."""


@apikey.command("create")
@click.option("--company", "company_name", required=True, help="Name of the company.")
@click.option("--scope", "scopes", multiple=True, required=True, help="What the key may do; several times.")
@click.option("--name", default="command line", help="What the key is for.")
@operator_command("Key for {company}, shown this once:\n{key}")
def create_apikey(company_name: str, scopes: tuple[str, ...], name: str) -> Result:
    """Create an API key; prints it once."""
    from kolonne.portal.companies import actions  # noqa: PLC0415  # needs Django

    owner = _company(company_name)
    made, token = actions.create_api_key(actor=_actor(), company=owner, name=name, scopes=_words(scopes))
    return {"key": token, "company": owner.name, "scopes": made.scopes, "name": made.name}


@click.group()
def user() -> None:
    """People."""


@user.command("create")
@click.argument("username")
@click.option("--email", required=True, help="E-mail address; counts as verified.")
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--company", "company_name", help="Make the person a member of this company.")
@click.option("--role", "roles", multiple=True, help="Role in the company, e.g. administrator; several times.")
@click.option("--language", default="en", help="de, nb or en.")
@click.option("--market", default="no", help="Market of a person without a company.")
@operator_command("{username} can sign in with this password, shown this once:\n{password}")
def create_user(
    username: str,
    email: str,
    first_name: str,
    last_name: str,
    company_name: str | None,
    roles: tuple[str, ...],
    language: str,
    market: str,
) -> Result:
    """Create a person; prints a password once."""
    from kolonne.portal.companies import actions as companies_actions  # noqa: PLC0415  # needs Django
    from kolonne.portal.companies.models import Role  # noqa: PLC0415
    from kolonne.portal.identity import actions  # noqa: PLC0415
    from kolonne.portal.lib.errors import Invalid  # noqa: PLC0415

    wanted = _words(roles)
    unknown = [role for role in wanted if role not in Role.values]
    if unknown:
        remedy = "one or several of " + ", ".join(Role.values)
        raise Invalid("unknown_role", f"{', '.join(unknown)} is not a role", {"role": remedy})
    if bool(wanted) != bool(company_name):
        remedy = "give --company and --role together, or neither"
        raise Invalid("role_without_company", "a role is held in a company", {"role": remedy})
    password = secrets.token_urlsafe(18)
    owner = _company(company_name) if company_name else None
    person = actions.PersonData(username, email, first_name, last_name, language)
    home = owner.market_id if owner else market
    made = actions.create_user(actor=_actor(), person=person, market=home, password=password)
    if owner:
        companies_actions.add_member(actor=_actor(), company=owner, user=made, roles=[Role(role) for role in wanted])
    return {"id": made.pk, "username": username, "password": password, "company": company_name, "roles": wanted}


def _words(values: tuple[str, ...]) -> list[str]:
    """`--scope a --scope b` and `--scope a,b` mean the same."""
    return [word for value in values for word in value.replace(",", " ").split()]
