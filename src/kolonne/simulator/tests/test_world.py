"""The demonstration's world is complete, and mistakes in a world file are named."""

import random
from pathlib import Path

import pytest

from kolonne.simulator.errors import FleetError, WorldError
from kolonne.simulator.fleet import Fleet, FleetVan, depots, populate, read_fleet, spread, write_fleet
from kolonne.simulator.roads.geometry import distance_m
from kolonne.simulator.roads.network import RoadNetwork
from kolonne.simulator.tests.vans import NOW_MS
from kolonne.simulator.van.behaviour import BEHAVIOURS
from kolonne.simulator.world import load_world

WORLD = (Path(__file__).parents[1] / "world.yaml").read_text(encoding="utf-8")


def demonstration() -> Fleet:
    world = load_world()
    return Fleet(
        [
            FleetVan(van.serial, "secret", world.models[van.model], van.life, company.country, depot)
            for depot, company in enumerate(world.companies)
            for van in company.vans
        ]
    )


def test_the_world_has_two_companies_thirty_vans_and_people_in_every_role() -> None:
    world = load_world()
    fleets = [company for company in world.companies if company.kind == "fleet"]
    assert [(company.name, company.market, len(company.vans)) for company in fleets] == [
        ("Fjordbud AS", "no", 18),
        ("Nordlys Service GmbH", "de", 12),
    ]
    assert world.companies[:2] == fleets, "depots are counted from the first company"
    for company in fleets:
        assert {role for person in company.people for role in person.roles} == {
            "administrator",
            "fleet_manager",
            "driver",
        }
    assert {world.models[van.model].drive for van in world.companies[0].vans} == {"electric"}
    assert {world.models[van.model].drive for van in world.companies[1].vans} == {"electric", "diesel"}
    assert {van.life.behaviour for company in world.companies for van in company.vans} == set(BEHAVIOURS)


def test_around_the_fleets_are_dealers_a_workshop_and_the_operators_of_both_markets() -> None:
    world = load_world()
    assert {(company.kind, company.market) for company in world.companies} == {
        ("fleet", "no"), ("fleet", "de"), ("dealer", "no"), ("dealer", "de"),
        ("workshop", "no"), ("operator", "no"), ("operator", "de"),
    }  # fmt: skip
    assert {role for person in world.people for role in person.roles} >= {
        "dealer_employee", "workshop_user", "market_administrator", "support_agent",
    }  # fmt: skip
    assert set(world.markets) == {"no", "de"}
    assert not next(company for company in world.companies if company.kind == "workshop").partner
    assert {person.state for person in world.people} == {"active", "locked", "blocked", "invited"}
    assert [person.user_id for person in world.people if person.needs_help] == ["amir.haddad"]
    assert [person.name for person in world.private] == ["Maja Private"]


def test_two_companies_wait_for_their_dealer() -> None:
    """VE-01"""
    waiting = load_world().registering
    assert [(company.market, len(company.vans), company.case_opened_by) for company in waiting] == [
        ("no", 2, "eirik.nygaard"), ("de", 2, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("case_opened_by: eirik.nygaard", "case_opened_by: holger.petersen", "holger.petersen"),
        ("model: e-van-m2}", "model: hovercraft}", "hovercraft"),
        ("YKNEM2ZZZSF055014", "YKNEL3ZZZSF041037", "used twice"),
        ("YKNEL3ZZZSF041037", "YKNEL3ZZZSF04103O", "vin"),
        ("YKNEM2ZZZSF041074", "YKNEL3ZZZSF041037", "used twice"),
        ("serial: KM26010001", "serial: km1", "serial"),
        ("behaviour: rear_door", "behaviour: flying", "flying"),
        ("model: diesel-l3", "model: hovercraft", "hovercraft"),
        ("level: 71", "level: 171", "171"),
        ("driver: Ida Solberg", "driver: [nobody]", "nobody"),
        ('market: "no"', "market: no", "quotes"),
        ("ingrid.strand@fjordbud.example", "ingrid@real-company.no", "email"),
        ("behaviour: workshop", "behaviour: charging", "electric"),
        ("partner: Bilhuset Skarvholm AS", "partner: Autohaus Möwenkamp GmbH", "partner"),
        ("asks_for: parts-catalogue", "asks_for: tyre-hotel", "tyre-hotel"),
        ("[use, order]}}", "[use, steal]}}", "rights in parts-catalogue"),
        ("henrik.moen@fjordbud.example", "ingrid.strand@fjordbud.example", "used twice"),
        ("roles: [support_agent]", "roles: [emperor]", "emperor"),
        ("companies:", "firms:", "firms"),
        ("models:", "models: [", "YAML"),
    ],
)
def test_a_mistake_in_a_world_file_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in WORLD
    path = tmp_path / "world.yaml"
    path.write_text(WORLD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WorldError, match=named):
        load_world(path)


def test_a_missing_world_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"nowhere\.yaml"):
        load_world(tmp_path / "nowhere.yaml")


def test_after_its_history_most_vans_are_moving_and_every_state_is_there(network: RoadNetwork) -> None:
    vans = populate(demonstration(), network, NOW_MS)
    for van in vans.values():
        van.advance(NOW_MS + 1_800_000)
    moving = sum(van.state.moving for van in vans.values())
    assert moving >= 12
    assert sum(van.state.charging for van in vans.values()) >= 3
    assert any(van.is_mute for van in vans.values())
    assert any("tailgate" in van.state.open_doors and van.state.ignition is False for van in vans.values())
    assert any(van.state.charge_state == "REFUSED" for van in vans.values())


def test_vans_begin_far_from_each_other(network: RoadNetwork) -> None:
    starts = [network.nodes[node] for node in spread(network, 30, _chance())]
    assert len(set(starts)) == 30
    nearest = [min(distance_m(a, b) for b in starts if b != a) for a in starts]
    assert sorted(nearest)[15] > 200


def test_depots_are_yards_in_different_places(network: RoadNetwork) -> None:
    first, second = depots(network, 2)
    assert distance_m(network.nodes[first], network.nodes[second]) > 1000


def test_a_fleet_file_is_for_its_owner_only_and_reads_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "demo" / "fleet.json"
    write_fleet(path, demonstration())
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_fleet(path) == demonstration()


@pytest.mark.parametrize(
    ("text", "named"), [("{", "JSON"), ('{"vans": [{"serial": 1}]}', "serial"), ('{"lorries": []}', "lorries")]
)
def test_a_wrong_fleet_file_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "fleet.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FleetError, match=named):
        read_fleet(path)
    with pytest.raises(FleetError, match="kolonne demo"):
        read_fleet(tmp_path / "none.json")


def _chance() -> random.Random:
    return random.Random(1)
