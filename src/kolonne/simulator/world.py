"""The demonstration's world, read from `world.yaml` and checked: people, companies, vans and what they do all day."""

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


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user_id: UserId
    first_name: Text
    last_name: Text
    email: Email
    language: Literal["de", "nb", "en"]
    roles: Annotated[list[Literal["administrator", "fleet_manager", "driver"]], msgspec.Meta(min_length=1)]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


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
    market: Literal["no", "de"]
    country: Literal["NO", "DE"]
    """Of the vans' SIM cards: elsewhere they roam."""
    time_zone: Text
    products: dict[Drive, list[Text]]
    people: list[Person]
    vans: list[VanEntry]


class World(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    models: dict[str, VanModel]
    companies: list[CompanyEntry]


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
    complaints = [
        f"{field} {value!r} is used twice: give each its own"
        for field, values in (
            ("vin", [van.vin for van in vans]),
            ("serial", [van.serial for van in vans]),
            ("user_id", [person.user_id for company in world.companies for person in company.people]),
        )
        for value, times in Counter(values).items()
        if times > 1
    ]
    for company in world.companies:
        for van in company.vans:
            complaints += [
                f"companies, {company.name}, {van.plate}: {text}" for text in _van_complaints(world, company, van)
            ]
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
