"""VH-07: what a provider lets through abroad applies there, and only there."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from kolonne.config import Config
from kolonne.portal.commerce import actions as commerce
from kolonne.portal.commerce import providers as known
from kolonne.portal.commerce.actions.profiles import write_profile
from kolonne.portal.commerce.models import ModuleProfile
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.telemetry.borders import follow_borders
from kolonne.portal.telemetry.tests.test_queries import _connection, make_van
from kolonne.portal.vehicles.models import Module, Vehicle
from kolonne.wire.signals import catalogue

pytestmark = pytest.mark.django_db
Database = psycopg.Connection[tuple[Any, ...]]
NORTH = b"""
providers:
  north:
    name: North Mobile
    home: [NO, SE]
    abroad: ["group:position", soc]
"""
POSITION = {name for name, signal in catalogue().items() if signal.group == "position"}


@pytest.fixture
def owner(platform: Config) -> Iterator[Database]:
    yield from _connection(platform, "postgres", "postgres-admin")


@pytest.fixture(autouse=True)
def north(monkeypatch: pytest.MonkeyPatch) -> None:
    found = known.parse(NORTH)
    for user in ("kolonne.portal.commerce.actions.roaming", "kolonne.portal.commerce.actions.profiles"):
        monkeypatch.setattr(f"{user}.providers", lambda: found)
    monkeypatch.setattr("kolonne.portal.telemetry.borders.providers", lambda: found)


@pytest.fixture
def van(owner: Database) -> Vehicle:
    van = make_van(owner)
    owner.execute(
        "INSERT INTO vehicles_module (company_id, vehicle_id, serial, secret_sha256, status, enrolled_at, provider) "
        "VALUES (%s, %s, %s, '', 'active', now(), 'north')",
        [van.company_id, van.pk, f"BORDER{van.pk:08}"],
    )
    # Now, because its foreign key waits for whoever has locked the van's row later on.
    owner.execute(
        "INSERT INTO telemetry.state (vehicle_id, company_id, ts, received, signals) "
        "VALUES (%s, %s, now(), now(), '{}')",
        [van.pk, van.company_id],
    )
    return van


def drive_to(owner: Database, van: Vehicle, **cells: Any) -> None:
    text = json.dumps({name: [value, 1, 1] for name, value in cells.items()})
    owner.execute("UPDATE telemetry.state SET signals = %s WHERE vehicle_id = %s", [text, van.pk])


def sends(van: Vehicle) -> set[str]:
    return set(ModuleProfile.objects.get(module__vehicle=van.pk).signals)


def test_abroad_a_module_sends_what_its_provider_lets_through(owner: Database, van: Vehicle) -> None:
    with company_scope([van.company_id]):
        write_profile(Vehicle.objects.get(pk=van.pk))
        at_home = sends(van)
        assert {"speed", "soc", "lat", "country"} <= at_home
        for place, expected in (
            ({"lat": 59.91, "lon": 10.75}, at_home),
            ({"lat": 55.68, "lon": 12.57}, (POSITION & at_home) | {"soc", "country", "roaming"}),
            ({"country": "SE"}, at_home),
            ({"country": "DK"}, (POSITION & at_home) | {"soc", "country", "roaming"}),
            ({}, (POSITION & at_home) | {"soc", "country", "roaming"}),  # nothing tells: the last place counts
        ):
            drive_to(owner, van, **place)
            follow_borders(actor=SYSTEM)
            assert sends(van) == expected
        assert follow_borders(actor=SYSTEM) == 0


def test_a_module_without_a_provider_sends_everything_everywhere(owner: Database, van: Vehicle) -> None:
    with company_scope([van.company_id]):
        write_profile(Vehicle.objects.get(pk=van.pk))
        module = Module.objects.get(vehicle=van.pk)
        drive_to(owner, van, country="DK")
        follow_borders(actor=SYSTEM)
        abroad = sends(van)
        commerce.set_provider(actor=SYSTEM, module=module, provider="")
        assert sends(van) > abroad
        commerce.set_provider(actor=SYSTEM, module=module, provider="north")
        assert sends(van) == abroad


def test_only_known_providers_and_only_who_may(our_scope: House) -> None:
    with pytest.raises(Invalid) as refusal:
        commerce.set_provider(actor=SYSTEM, module=our_scope.module, provider="south")
    assert "north" in refusal.value.errors["provider"]
    with pytest.raises(NotAllowed):
        commerce.set_provider(actor=Actor(label="nobody"), module=our_scope.module, provider="north")
    with pytest.raises(NotAllowed):
        commerce.note_country(actor=Actor(label="nobody"), module=our_scope.module, country="DK")
