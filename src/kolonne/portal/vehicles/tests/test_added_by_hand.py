"""VH-01, VH-02, VE-01, VE-02: vans that people add, what the dealer says of them, and how they go again."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.hooks import check_items, decide_item
from kolonne.portal.companies.models import Company, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, build_house
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.models import RefusedVin, Vehicle

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
VIN = "WK0HAND0000000001"
VAN = {"vin": VIN, "plate": "EL 10101", "drive": "electric"}


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def unverified(ours: House) -> House:
    """Our company before a dealer verified it."""
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(verification=Verification.UNVERIFIED, verified_at=None)

    return ours


@pytest.fixture
def dealer() -> Actor:
    return Actor(label="Eirik at the dealer", user_id=None, rights={0: frozenset({actions.CHECK})})


def van_of(house: House, vin: str = VIN) -> Vehicle:
    with company_scope(house.scope):
        return Vehicle.objects.get(vin=vin)


def test_an_administrator_adds_a_van_as_it_is_typed(alice: User, ours: House, signed_in: SignIn) -> None:
    answer = signed_in(alice).post("/vans/add/", VAN | {"vin": " wk0hand 0000-000001 ", "model_year": "2024"})
    assert answer.headers["Location"] == "/vans/"
    van = van_of(ours)
    assert (van.plate, van.model_year, van.verification) == ("EL 10101", 2024, Verification.VERIFIED)


def test_an_unverified_company_adds_vans_that_wait_for_the_dealer(
    alice: User, unverified: House, signed_in: SignIn
) -> None:
    """VE-01, VE-02"""
    client = signed_in(alice)
    client.post("/vans/add/", VAN)
    van = van_of(unverified)
    assert van.verification == Verification.UNVERIFIED
    for page in ("/vans/", f"/vans/{van.pk}/"):
        assert "Waiting for the dealer" in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type the VIN"),
        ("WK0HAND000000000", "has 16 characters"),
        ("WK0HAND00000000O1", "Character 16 is “O”, which no VIN has in it: look whether it is a 0"),
        ("WK0HAND0000000é01", "Character 15 is “É”"),
        ("W" * 41, "at most 40"),
    ],
)
def test_what_is_no_vin_is_said_beside_the_field(
    alice: User, ours: House, signed_in: SignIn, typed: str, words: str
) -> None:
    page = signed_in(alice).post("/vans/add/", VAN | {"vin": typed}).content.decode()
    assert words in page
    assert 'aria-describedby="id_vin_helptext id_vin_error"' in page


@pytest.mark.parametrize("year", ["1066", "3000", "-1", "nonsense"])
def test_a_year_that_cannot_be_is_refused(alice: User, ours: House, signed_in: SignIn, year: str) -> None:
    assert "id_model_year_error" in signed_in(alice).post("/vans/add/", VAN | {"model_year": year}).content.decode()


def test_a_taken_vin_names_no_owner_and_after_ten_the_day_is_over(
    alice: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    """VH-02"""
    client = signed_in(alice)
    for _ in range(10):
        page = client.post("/vans/add/", VAN | {"vin": theirs.vehicle.vin}).content.decode()
        assert "in use in Kolonne already" in page
        assert theirs.company.name not in page
    assert "You can go on from" in client.post("/vans/add/", VAN).content.decode()
    with company_scope(ours.scope):
        assert not Vehicle.objects.filter(vin=VIN).exists()


def test_right_and_own_vins_count_for_nothing(alice: User, ours: House) -> None:
    actor = actor_of(alice)
    for _ in range(12):
        with pytest.raises(Conflict) as refusal:
            actions.add_by_hand(actor=actor, company=ours.company, vin=ours.vehicle.vin, data=actions.VehicleData())
        assert refusal.value.code == "own_vin"
        with pytest.raises(Invalid):
            actions.add_by_hand(actor=actor, company=ours.company, vin="X", data=actions.VehicleData())
    actions.add_by_hand(actor=actor, company=ours.company, vin=VIN, data=actions.VehicleData())


def test_who_may_not_add_vans_gets_no_button_and_no_page(
    bob: User, dora: User, nora: User, wanda: User, ours: House, signed_in: SignIn
) -> None:
    for user in (bob, dora, nora, wanda):
        assert signed_in(user).get("/vans/add/").status_code == 403
        assert signed_in(user).post("/vans/add/", VAN).status_code == 403
    assert "/vans/add/" not in signed_in(bob).get("/vans/").content.decode()


def test_a_helpers_hand_adds_vans_for_somebody_under_both_names(alice: User, ours: House) -> None:
    """SU-02: whoever acts in her name may do what she may."""
    helper = replace(actor_of(alice), label="Sigrid", user_id=None)
    actions.add_by_hand(actor=helper, company=ours.company, vin=VIN, data=actions.VehicleData())


def test_the_dealer_finds_what_waits_and_decides(unverified: House, dealer: Actor) -> None:
    """VE-02"""
    with company_scope(unverified.scope):
        van = actions.add_vehicle(actor=SYSTEM, company=unverified.company, vin=VIN)
        item = next(item for item in check_items(unverified.company) if item.label == VIN)
        decide_item(dealer, unverified.company, item.key, verified=False, reason="The papers name another VIN")
        van.refresh_from_db()
        assert (van.verification, van.verification_reason) == ("refused", "The papers name another VIN")
        decide_item(dealer, unverified.company, item.key, verified=True, reason="")
        van.refresh_from_db()
        assert (van.verification, van.verification_reason) == ("verified", "")
        assert not RefusedVin.objects.exists()
        assert item.key not in [item.key for item in check_items(unverified.company)]


@pytest.mark.parametrize("key", ["vehicle:", "vehicle:x", "person:1", "vehicle:99999999", "vehicle:²"])
def test_keys_of_others_are_ignored(ours: House, dealer: Actor, key: str) -> None:
    with company_scope(ours.scope):
        decide_item(dealer, ours.company, key, verified=True, reason="")


def test_only_a_dealer_decides_and_a_refusal_has_a_reason(unverified: House, dealer: Actor, alice: User) -> None:
    with company_scope(unverified.scope):
        van = actions.add_vehicle(actor=SYSTEM, company=unverified.company, vin=VIN)
        with pytest.raises(NotAllowed):
            actions.note_check(actor=actor_of(alice), vehicle=van, verified=True)
        with pytest.raises(Invalid):
            actions.note_check(actor=dealer, vehicle=van, verified=False, reason="  ")


def test_a_refused_van_says_why_and_is_removed_and_its_vin_is_checked_again(
    alice: User, unverified: House, dealer: Actor, signed_in: SignIn
) -> None:
    with company_scope(unverified.scope):
        van = actions.add_vehicle(actor=SYSTEM, company=unverified.company, vin=VIN)
        actions.note_check(actor=dealer, vehicle=van, verified=False, reason="Not your van")
        Company.objects.filter(pk=unverified.company.pk).update(verification=Verification.VERIFIED)
    client = signed_in(alice)
    assert "Not your van" in client.get(f"/vans/{van.pk}/").content.decode()
    assert "Refused by the dealer" in client.get("/vans/").content.decode()
    assert "added anew, it waits" in client.get(f"/vans/{van.pk}/remove/").content.decode()
    assert client.post(f"/vans/{van.pk}/remove/").headers["Location"] == "/vans/"
    client.post("/vans/add/", VAN)
    assert van_of(unverified).verification == Verification.UNVERIFIED, "the company's word is not enough for this VIN"


def test_a_fleet_manager_removes_nothing(bob: User, ours: House, signed_in: SignIn) -> None:
    assert signed_in(bob).post(f"/vans/{ours.vehicle.pk}/remove/").status_code == 403


def test_who_has_several_companies_learns_no_more_of_others_vans(alice: User, ours: House, theirs: House) -> None:
    """VH-02: ten taken VINs a day are enough for a person, too."""
    second = build_house("Alice Zwei AS", "WK0TEST0000000004", "TEST000000004")
    companies.add_member(actor=SYSTEM, company=second.company, user=alice, roles=[Role.ADMINISTRATOR])

    def try_in(house: House, vin: str) -> str:
        try:
            actions.add_by_hand(actor=actor_of(alice), company=house.company, vin=vin, data=actions.VehicleData())
        except Conflict as error:
            return error.code
        return "added"

    codes = [try_in(ours, theirs.vehicle.vin) for _ in range(5)] + [
        try_in(second, theirs.vehicle.vin) for _ in range(6)
    ]
    assert codes == ["vin_taken"] * 10 + ["too_many_vins"]
    assert try_in(ours, VIN) == "too_many_vins"
    assert actions.free_again(actor_of(alice), second.company) > timezone.now()
