"""The demonstration's world, read from `world.yaml` and checked: organisations, their people, and what the vans do."""

import datetime
import re
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

from kolonne.simulator.errors import WorldError
from kolonne.simulator.van.behaviour import BEHAVIOURS
from kolonne.simulator.van.state import Character, VanModel
from kolonne.wire.subjects import SERIAL, VIN

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
UserId = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9.-]{2,40}$")]
Email = Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@([a-z0-9-]+\.)*example(\.(com|org|net))?$")]
"""Only domains that are reserved for examples: the demonstration never writes to anybody."""
Drive = Literal["electric", "diesel"]
MarketCode = Literal["no", "de"]
Line = Annotated[str, msgspec.Meta(max_length=80)]
Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,38}$")]
Kind = Literal["fleet", "dealer", "workshop", "operator"]
RoleName = Literal[
    "administrator", "fleet_manager", "driver",
    "dealer_employee", "workshop_user", "market_administrator", "support_agent",
]  # fmt: skip


class MarketEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom people of a country ask when their administrators cannot help."""

    support_email: Email
    support_phone: Line


class ApplicationEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody else's application that a Kolonne ID opens."""

    code: Slug
    name: Text
    url: Annotated[str, msgspec.Meta(pattern=r"^https://([a-z0-9-]+\.)*example/")]
    rights: Annotated[list[Slug], msgspec.Meta(min_length=1)]
    kinds: list[Kind] = []


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user_id: UserId
    first_name: Text
    last_name: Text
    email: Email
    language: Literal["de", "nb", "en"]
    roles: Annotated[list[RoleName], msgspec.Meta(min_length=1)]
    state: Literal["active", "locked", "blocked", "invited"] = "active"
    grants: dict[Slug, list[Slug]] = {}
    """Applications, and what the person may do there."""
    asks_for: Annotated[str, msgspec.Meta(max_length=40)] = ""
    """An application; its administrators have not answered yet."""
    needs_help: bool = False
    """Has written to the helpers that the password is forgotten."""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class PrivatePerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Kolonne ID without any company."""

    user_id: UserId
    name: Text
    email: Email
    language: Literal["de", "nb", "en"]
    market: MarketCode
    street: Line = ""
    postal_code: Line = ""
    city: Line = ""


class VanEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    vin: Annotated[str, msgspec.Meta(pattern=f"^{VIN.pattern}$")]
    plate: Text
    name: Text
    model: str
    """A key of the world's `models`."""
    serial: Annotated[str, msgspec.Meta(pattern=f"^{SERIAL.pattern}$")]
    """Of the communication module."""
    life: Character
    driver: Annotated[str, msgspec.Meta(max_length=60)] = ""
    """Who drives it; empty while nobody has the van. Not everybody needs an account."""


class CompanyEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Text
    market: MarketCode
    country: Literal["NO", "DE"]
    """Of the vans' SIM cards: elsewhere they roam."""
    time_zone: Text
    people: list[Person]
    kind: Kind = "fleet"
    street: Line = ""
    postal_code: Line = ""
    city: Line = ""
    customer_number: Line = ""
    partner: Line = ""
    """The dealer that looks after it; a company of this world."""
    products: dict[Drive, list[Text]] = {}
    vans: list[VanEntry] = []


class NewVan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A van without a module yet."""

    vin: Annotated[str, msgspec.Meta(pattern=f"^{VIN.pattern}$")]
    plate: Text
    name: Text
    model: str
    """A key of the world's `models`."""


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A company that registered itself and waits for a dealer to verify it."""

    name: Text
    market: MarketCode
    legal_form: Slug
    person: Person
    """Who registered it; the roles given here must be those of its first administrator."""
    birth_date: datetime.date
    """Of that person: the dealer compares it with the document."""
    partner: Line
    """The dealer of its choice; a company of this world."""
    street: Text
    postal_code: Text
    city: Text
    register_number: Line = ""
    vat_number: Line = ""
    vans: list[NewVan] = []
    order: list[Text] = []
    """Products that it ordered for all its vans."""
    has_accepted_terms: bool = False
    case_opened_by: Annotated[str, msgspec.Meta(max_length=41)] = ""
    """Somebody of the dealer, who has begun to look at its documents; empty while nobody has."""


class World(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    models: dict[str, VanModel]
    companies: list[CompanyEntry]
    """Those with vans first: their place in the list is that of their depots."""
    markets: dict[MarketCode, MarketEntry] = {}
    applications: list[ApplicationEntry] = []
    private: list[PrivatePerson] = []
    registering: list[Registration] = []

    @property
    def people(self) -> list[Person]:
        """Of all organisations."""
        members = [person for company in self.companies for person in company.people]
        return members + [company.person for company in self.registering]


def load_world(path: Path | None = None) -> World:
    """The world of a file, or the one that comes with Kolonne. Raises WorldError: field, value and remedy."""
    name = str(path or "world.yaml")
    try:
        text = (path or resources.files(__package__).joinpath("world.yaml")).read_text(encoding="utf-8")
        raw = yaml.safe_load(text)
    except OSError as error:
        raise WorldError(f"{name} cannot be read ({error.strerror}): give an existing YAML file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise WorldError(f"{name} is no YAML file: {error}") from error
    try:
        world = msgspec.convert(raw, World)
    except msgspec.ValidationError as error:
        raise WorldError(f"{name}: {explained(error, raw)}") from error
    for complaint in _complaints(world):
        raise WorldError(f"{name}: {complaint}")
    return world


def explained(error: msgspec.ValidationError, raw: Any) -> str:
    """msgspec's sentence, with the value that it complains about beside the field's path."""
    match = re.search(r"at `\$(.*)`$", str(error))
    value = raw
    for key, index in re.findall(r"\.([\w-]+)|\[(\d+)\]", match[1] if match else ""):
        try:
            value = value[int(index) if index else key]
        except (LookupError, TypeError):
            return str(error)
    shown = repr(value)
    hint = ": put it in quotes" if value in (True, False) and "Expected `str`" in str(error) else ""
    return f"{error}, found {shown}{hint}" if len(shown) < 80 else str(error)


def _complaints(world: World) -> list[str]:
    """What the shapes alone cannot tell."""
    vans = [van for company in world.companies for van in company.vans]
    vins = [van.vin for van in vans] + [van.vin for company in world.registering for van in company.vans]
    names = [company.name for company in world.companies] + [company.name for company in world.registering]
    complaints = [
        f"{field} {value!r} is used twice: give each its own"
        for field, values in (
            ("vin", vins),
            ("serial", [van.serial for van in vans]),
            ("user_id", [*(person.user_id for person in world.people), *(person.user_id for person in world.private)]),
            ("email", [*(person.email for person in world.people), *(person.email for person in world.private)]),
            ("name", names),
        )
        for value, times in Counter(values).items()
        if times > 1
    ]
    for company in world.companies:
        complaints += [f"companies, {company.name}: {text}" for text in _company_complaints(world, company)]
        for van in company.vans:
            complaints += [
                f"companies, {company.name}, {van.plate}: {text}" for text in _van_complaints(world, company, van)
            ]
    for entry in world.registering:
        complaints += [f"registering, {entry.name}: {text}" for text in _registration_complaints(world, entry)]
    return complaints


def _registration_complaints(world: World, entry: Registration) -> list[str]:
    complaints = [
        f"{van.plate}: model {van.model!r} is not one of {', '.join(world.models)}"
        for van in entry.vans
        if van.model not in world.models
    ]
    dealers = {other.name: other for other in world.companies if (other.kind, other.market) == ("dealer", entry.market)}
    if entry.partner not in dealers:
        complaints.append(f"partner {entry.partner!r} is not one of {', '.join(dealers)}")
    elif entry.case_opened_by:
        names = [person.user_id for person in dealers[entry.partner].people]
        if entry.case_opened_by not in names:
            complaints.append(f"case_opened_by {entry.case_opened_by!r} is not one of {', '.join(names)}")
    return complaints


def _company_complaints(world: World, company: CompanyEntry) -> list[str]:
    complaints = []
    dealers = [other.name for other in world.companies if (other.kind, other.market) == ("dealer", company.market)]
    if company.partner and company.partner not in dealers:
        complaints.append(f"partner {company.partner!r} is not one of {', '.join(dealers)}")
    known = {application.code: application.rights for application in world.applications}
    for person in company.people:
        wanted = person.grants | ({person.asks_for: []} if person.asks_for else {})
        for code, rights in wanted.items():
            if code not in known:
                complaints.append(f"{person.user_id}: {code!r} is not one of {', '.join(known)}")
            elif not set(rights) <= set(known[code]):
                complaints.append(f"{person.user_id}: rights in {code} are {', '.join(known[code])}")
    return complaints


def _van_complaints(world: World, company: CompanyEntry, van: VanEntry) -> list[str]:
    complaints = []
    model = world.models.get(van.model)
    if model is None:
        return [f"model {van.model!r} is not one of {', '.join(world.models)}"]
    if model.drive not in company.products:
        complaints.append(f"products has no list for drive {model.drive!r}: add one, it may be empty")
    if van.life.behaviour not in BEHAVIOURS:
        complaints.append(f"life.behaviour {van.life.behaviour!r} is not one of {', '.join(BEHAVIOURS)}")
    if van.life.behaviour in {"charging", "waiting", "refused"} and not model.is_electric:
        complaints.append(f"life.behaviour {van.life.behaviour!r} needs an electric model, {van.model} is none")
    if not 0 <= van.life.level <= 100:
        complaints.append(f"life.level {van.life.level:g} is not between 0 and 100 percent")
    return complaints
